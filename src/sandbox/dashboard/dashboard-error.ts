/** Why the dashboard refuses; `docs/registration-contract.md` lists them. */
export type DashboardErrorCode =
  | 'invalid-request'
  | 'invalid-signature'
  | 'invalid-nonce'
  | 'not-owner'
  | 'url-taken'
  | 'unauthorized'
  | 'needs-refresh';

/** A refused call to the dashboard. */
export class DashboardError extends Error {
  override readonly name = 'DashboardError';

  constructor(
    readonly code: DashboardErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
