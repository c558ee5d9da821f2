/** RFC 6838 has no entry for it; snapd names it so. */
export const ASSERTION_MEDIA_TYPE = 'application/x.ubuntu.assertion';
