/**
 * Why a request or command was refused. Closed set: every door (HTTP, command
 * line) has a table over it, so a new code does not compile until each door
 * says what it means there.
 */
export type StoreErrorCode =
  | 'invalid-request'
  | 'invalid-assertion'
  | 'invalid-bundle'
  | 'invalid-channel'
  | 'invalid-setting'
  | 'invalid-snap'
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
  /** When it is worth asking again: the `Retry-After` of the answer, in seconds. */
  readonly retryAfterSeconds?: number;
}

/** A refusal in words an operator understands: "cannot …", lower case, no full stop. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly retryAfterSeconds: number | undefined;

  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options: StoreErrorOptions = {},
  ) {
    const { retryAfterSeconds, ...rest } = options;
    super(message, rest);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
