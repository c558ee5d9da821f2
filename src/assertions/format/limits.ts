/** snapcore/snapd: asserts/asserts.go, MaxHeadersSize. */
export const MAX_HEADERS_BYTES = 128 << 10;
/** snapcore/snapd: asserts/asserts.go, MaxBodySize. */
export const MAX_BODY_BYTES = 2 << 20;
/** snapcore/snapd: asserts/asserts.go, MaxSignatureSize. */
export const MAX_SIGNATURE_BYTES = 128 << 10;
/** Lists and maps inside each other; snapd has no such limit, but no type goes beyond ten, and a parser's stack ends. */
export const MAX_HEADER_DEPTH = 64;
