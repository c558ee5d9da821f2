import type { SigningKey } from './signing-keys.service.js';

/** A key as JSON: its public half only. */
export interface SigningKeyView {
  readonly name: string;
  readonly 'sha3-384': string;
  readonly 'account-id': string | null;
  readonly token: boolean;
  readonly 'public-key': string;
}

/** The JSON of a key, as `--json` prints it. */
export function signingKeyView({ name, id, encoded, isInToken, accountId }: SigningKey): SigningKeyView {
  return {
    name,
    'sha3-384': id,
    'account-id': accountId ?? null,
    token: isInToken,
    'public-key': encoded,
  };
}
