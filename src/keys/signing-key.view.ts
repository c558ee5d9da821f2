import type { SigningKey } from './signing-keys.service.js';

/** The JSON of a key, as `--json` prints it. */
export function signingKeyView({ name, id, encoded, isInToken, accountId }: SigningKey): object {
  return {
    name,
    'sha3-384': id,
    'account-id': accountId ?? null,
    token: isInToken,
    'public-key': encoded,
  };
}
