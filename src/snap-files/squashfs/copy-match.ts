/**
 * Repeats `length` bytes from `distance` back. It goes byte by byte if source and target overlap, because then
 * the copy repeats itself.
 */
export function copyMatch(output: Buffer, to: number, distance: number, length: number): void {
  const start = to - distance;
  if (distance >= length) {
    output.copyWithin(to, start, start + length);
    return;
  }
  for (let i = 0; i < length; i++) output[to + i] = output[start + i] ?? 0;
}
