/**
 * Headers with the empty line after them, in bytes.
 *
 * @see snapcore/snapd: asserts/asserts.go, MaxHeadersSize and Decoder.readUntil
 */
export const MAX_HEADERS_BYTES = 128 * 1024;

/**
 * Body, in bytes.
 *
 * @see snapcore/snapd: asserts/asserts.go, MaxBodySize
 */
export const MAX_BODY_BYTES = 2 * 1024 * 1024;

/**
 * Signature with one byte of what ends it, in bytes: the signature's own text
 * is shorter than this.
 *
 * @see snapcore/snapd: asserts/asserts.go, MaxSignatureSize and Decoder.readUntil
 */
export const MAX_SIGNATURE_BYTES = 128 * 1024;

/**
 * How many lists and maps of a header may stand inside each other. snapd has
 * no such limit: a Go stack grows, and because each level is indented by two
 * more spaces, 128 KiB hold fewer than 400. Known types use about ten. Other
 * code here walks headers too, on a stack that ends.
 */
export const MAX_HEADER_DEPTH = 64;
