/** snapd compares the whole `Content-Type` of answers at `/api/v1/snaps`. */
export const HAL_JSON = 'application/hal+json';

/** The start and end of a list. snapd parses a stream: `_embedded` must be first, and this member first in it. */
export const LIST_START = Buffer.from('{"_embedded":{"clickindex:package":[');
export const LIST_END = Buffer.from(']}}');
