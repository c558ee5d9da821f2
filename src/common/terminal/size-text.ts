const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
const STEP = 1_000;

/** From here on the decimals are omitted. */
const WHOLE_FROM = 100;

/**
 * A size for people: three digits and a decimal unit, as `snap` itself writes sizes.
 *
 * @param bytes - a whole number
 * @returns such as `812 bytes`, `4.2 MB` or `135 GB`
 */
export function sizeText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // A size that would be rounded up to the next unit is written in that unit.
  while (unit < UNITS.length - 1 && Number(value.toPrecision(3)) >= STEP) {
    value /= STEP;
    unit += 1;
  }
  if (unit === 0) return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  return `${value >= WHOLE_FROM ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
