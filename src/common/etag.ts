/**
 * Whether `If-None-Match` names what the client has already: one tag, a list or `*`. A proxy between
 * that compresses may have made the tag weak (`W/`), which says the same here.
 *
 * @param etag - strong, with its quotes
 * @see RFC 9110, section 13.1.2
 */
export function matchesEtag(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags.includes(etag) || tags[0] === '*';
}
