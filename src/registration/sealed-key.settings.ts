import type { Setting } from '../settings/setting.js';
import { parseSealedKey } from './format/sealed-key.js';

/** The store's private key, encrypted with the install password; empty after it is decrypted. */
export const SEALED_PRIVATE_KEY: Setting<string | undefined> = {
  key: 'internal.registration.sealed-key',
  scope: 'shared',
  description:
    'encrypted private key of the registration; `enable-airgap-mode` decrypts it with the install password',
  secret: true,
  readOnly: true,
  parse(text) {
    if (text === '') return undefined;
    parseSealedKey(text);
    return text;
  },
};
