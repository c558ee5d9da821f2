/**
 * Whether every text among these values is one that PostgreSQL can hold. It holds any but NUL, so a
 * question about a text with NUL has no answer, and asking it would be an error.
 */
export function areStorable(values: readonly unknown[]): boolean {
  return values.every((value) =>
    Array.isArray(value) ? areStorable(value) : typeof value !== 'string' || !value.includes('\0'),
  );
}
