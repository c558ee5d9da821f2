/** Repeats `length` bytes from `distance` back; byte by byte where both ends overlap, for then it repeats itself. */
export function copyMatch(output: Buffer, to: number, distance: number, length: number): void {
  const start = to - distance;
  if (distance >= length) {
    output.copyWithin(to, start, start + length);
    return;
  }
  for (let i = 0; i < length; i++) output[to + i] = output[start + i] ?? 0;
}
