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
  | 'checksum-mismatch'
  | 'too-large'
  | 'unsupported-media-type'
  | 'too-many-requests'
  | 'overloaded'
  | 'unsupported'
  | 'storage-failed'
  | 'database-unavailable'
  | 'upstream-failed';

/** A member of a request that is wrong, as the request names it, and why. */
export interface FieldError {
  readonly field: string;
  readonly detail: string;
}

export interface StoreErrorOptions extends ErrorOptions {
  /** After how many seconds the client may try again: the `Retry-After` of the answer. */
  readonly retryAfterSeconds?: number;
  /** The member of a request that is wrong, as the request names it. */
  readonly field?: string;
  /** Where several are. */
  readonly fields?: readonly FieldError[];
}

/** An error message that an operator understands: "cannot …", lower case, no full stop. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly retryAfterSeconds: number | undefined;
  readonly fields: readonly FieldError[] | undefined;

  constructor(
    readonly code: StoreErrorCode,
    message: string,
    options: StoreErrorOptions = {},
  ) {
    const { retryAfterSeconds, field, fields, ...rest } = options;
    super(message, rest);
    this.retryAfterSeconds = retryAfterSeconds;
    this.fields = fields ?? (field === undefined ? undefined : [{ field, detail: message }]);
  }
}
