/**
 * Whether PostgreSQL can store all strings among these values. It cannot store NUL. So a query for a string
 * with NUL has no result, and running it would be an error.
 */
export function areStorable(values: readonly unknown[]): boolean {
  return values.every((value) =>
    Array.isArray(value) ? areStorable(value) : typeof value !== 'string' || !value.includes('\0'),
  );
}
