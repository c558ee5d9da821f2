/** The error codes of login.ubuntu.com. */
export type LoginErrorCode =
  'INVALID_DATA' | 'INVALID_CREDENTIALS' | 'TWOFACTOR_REQUIRED' | 'TWOFACTOR_FAILURE' | 'TOO_MANY_REQUESTS';

/** A refused log-in. */
export class LoginError extends Error {
  override readonly name = 'LoginError';

  constructor(
    readonly code: LoginErrorCode,
    message: string,
    /** For `TOO_MANY_REQUESTS`: seconds until the next attempt is allowed. */
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
  }
}
