/**
 * Largest headers with the empty line after them, in bytes.
 *
 * @see snapcore/snapd: asserts/asserts.go, MaxHeadersSize and Decoder.readUntil
 */
export const MAX_HEADERS_BYTES = 128 * 1024;

/**
 * Largest body, in bytes.
 *
 * @see snapcore/snapd: asserts/asserts.go, MaxBodySize
 */
export const MAX_ASSERTION_BODY_BYTES = 2 * 1024 * 1024;

/**
 * Largest signature, including one byte of its end, in bytes. The signature itself is shorter than this.
 *
 * @see snapcore/snapd: asserts/asserts.go, MaxSignatureSize and Decoder.readUntil
 */
export const MAX_SIGNATURE_BYTES = 128 * 1024;

/**
 * The most nested lists and maps of a header. snapd has no such limit: a Go stack grows, and because each level
 * is indented by two more spaces, 128 KiB hold fewer than 400. Known types use about ten. Other code here walks
 * headers too, and its stack is limited.
 */
export const MAX_HEADER_DEPTH = 64;
