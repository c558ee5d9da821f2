/**
 * Why a request or command was refused. The set is closed: HTTP and command line each have a table of all
 * codes, so a new code does not compile until both define it.
 */
export type StoreErrorCode =
  | 'invalid-request'
  | 'invalid-assertion'
  | 'invalid-bundle'
  | 'invalid-channel'
  | 'invalid-setting'
  | 'invalid-snap'
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'not-configured'
  | 'conflict'
  | 'precondition-failed'
  | 'too-large'
  | 'unsupported-media-type'
  | 'too-many-requests'
  | 'overloaded'
  | 'unsupported'
  | 'storage-failed'
  | 'database-unavailable'
  | 'upstream-failed';

export interface StoreErrorOptions extends ErrorOptions {
  /** After how many seconds the client may try again: the `Retry-After` of the answer. */
  readonly retryAfterSeconds?: number;
  /** The member of a request that is wrong, as the request names it. */
  readonly field?: string;
}

/** An error message that an operator understands: "cannot …", lower case, no full stop. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly retryAfterSeconds: number | undefined;
  readonly field: string | undefined;

  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options: StoreErrorOptions = {},
  ) {
    const { retryAfterSeconds, field, ...rest } = options;
    super(message, rest);
    this.retryAfterSeconds = retryAfterSeconds;
    this.field = field;
  }
}
