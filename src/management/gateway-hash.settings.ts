import { parsePasswordHash } from '../common/crypto/password.js';
import { StoreError } from '../common/errors.js';
import type { Setting } from '../settings/setting.js';

/** The hash of the password for management over the network. */
export const GATEWAY_HASH: Setting<string> = {
  key: 'internal.airgap.gateway-hash',
  scope: 'shared',
  description: 'scrypt hash of the management password (set by `enable-airgap-mode`)',
  secret: true,
  readOnly: true,
  parse(text) {
    if (parsePasswordHash(text)) return text;
    throw new StoreError('invalid-setting', `cannot set ${GATEWAY_HASH.key}: it is not a password hash`);
  },
};
