import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

/** Most attempts of `poll`, ten milliseconds apart. */
const POLLS = 3_000;

/** Repeats a request until a condition holds; returns the last result in any case. */
export async function poll<T>(look: () => Promise<T> | T, isSo: (value: T) => boolean): Promise<T> {
  let value = await look();
  for (let polls = 0; !isSo(value) && polls < POLLS; polls += 1) {
    await sleep(10);
    await nextTurn();
    value = await look();
  }
  return value;
}
