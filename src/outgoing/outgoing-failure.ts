import { StoreError } from '../common/errors.js';

/** Codes of certificate errors, as OpenSSL and Node name them. */
const CERTIFICATE = /^(?:CERT_|ERR_TLS_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|INVALID_CA)/;

/** A connection that broke or went silent: the same request may succeed a moment later. */
const PASSING = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/** The network's error code. undici wraps the socket's error, and this program wraps undici's. */
export function outgoingFailureCode(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    if (!(at instanceof StoreError) && 'code' in at && typeof at.code === 'string') return at.code;
  }
  return '';
}

/** @see snapcore/snapd: httputil/retry.go, ShouldRetryError */
export function isPassing(error: unknown): boolean {
  return PASSING.has(outgoingFailureCode(error));
}

function why(error: unknown): string {
  const code = outgoingFailureCode(error);
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code === 'ENOTFOUND') return 'there is no such host';
  if (code === 'EAI_AGAIN') return 'its name cannot be looked up now';
  if (code.includes('TIMEOUT') || code === 'ETIMEDOUT') return 'it does not answer';
  if (code === 'ECONNRESET' || code === 'EPIPE' || code === 'UND_ERR_SOCKET') return 'the connection was cut';
  const message = error instanceof Error ? error.message : String(error);
  return CERTIFICATE.test(code) ? `its certificate is not trusted (${message})` : message;
}

/** Makes the one-line error for a server that could not be reached. */
export function outgoingFailure(url: URL, error: unknown): StoreError {
  return new StoreError('upstream-failed', `cannot reach ${url.origin}: ${why(error)}`, { cause: error });
}
