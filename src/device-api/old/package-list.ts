/** snapd compares the whole `Content-Type` of answers at `/api/v1/snaps`. */
export const HAL_JSON = 'application/hal+json';

/** Before and behind a list there. snapd reads it as a stream of tokens: `_embedded` comes first, and this member first in it. */
export const LIST_START = Buffer.from('{"_embedded":{"clickindex:package":[');
export const LIST_END = Buffer.from(']}}');
