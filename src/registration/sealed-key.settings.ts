import type { Setting } from '../settings/setting.js';
import { parseSealedKey } from './format/sealed-key.js';

/** The store's private key as it came, while only the install password opens it; empty once it is open. */
export const SEALED_PRIVATE_KEY: Setting<string | undefined> = {
  key: 'internal.registration.sealed-key',
  scope: 'shared',
  description:
    'private key of the registration, until `enable-airgap-mode` opens it with the install password',
  secret: true,
  readOnly: true,
  parse(text) {
    if (text === '') return undefined;
    parseSealedKey(text);
    return text;
  },
};
