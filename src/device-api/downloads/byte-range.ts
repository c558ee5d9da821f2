/** Bytes `start` up to and not including `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Parses a `Range` header for a file of some size. Several ranges, and units other than bytes, are
 * answered with the whole file, as RFC 9110 section 14.2 allows.
 *
 * @returns the range, `whole` if the header does not apply, `unsatisfiable` if it begins past the end
 * @see RFC 9110, section 14.1.2; section 5.6.1, on blanks and empty items in lists
 */
export function parseRange(
  header: string | undefined,
  sizeBytes: number,
): ByteRange | 'whole' | 'unsatisfiable' {
  const [, list] = /^bytes=(.*)$/i.exec(header ?? '') ?? [];
  const items = (list ?? '').split(',').map((item) => item.trim());
  const [only = '', ...others] = items.filter((item) => item !== '');
  const [match, first = '', last = ''] = /^(\d{0,16})-(\d{0,16})$/.exec(only) ?? [];
  if (match === undefined || others.length > 0 || (first === '' && last === '')) return 'whole';
  if (first === '') {
    const suffix = Math.min(Number(last), sizeBytes);
    return suffix === 0 ? 'unsatisfiable' : { start: sizeBytes - suffix, end: sizeBytes };
  }
  const start = Number(first);
  const end = last === '' ? sizeBytes : Math.min(Number(last) + 1, sizeBytes);
  if (last !== '' && Number(last) < start) return 'whole'; // not a valid range: ignored
  return start >= sizeBytes ? 'unsatisfiable' : { start, end };
}
