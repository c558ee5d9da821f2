import { parsePasswordHash } from '../common/password.js';
import { StoreError } from '../common/errors.js';
import type { Setting } from '../settings/setting.js';

const SECRET = /^[0-9a-f]{64}$/;

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

/** What signs device sessions: a new one would end every session, so it is made once. */
export const DEVICE_AUTH_SECRET: Setting<string> = {
  key: 'proxy.device-auth.secret',
  scope: 'shared',
  description: 'secret that signs device sessions, 64 hexadecimal digits (made by `enable-airgap-mode`)',
  secret: true,
  parse(text) {
    if (SECRET.test(text)) return text;
    throw new StoreError(
      'invalid-setting',
      `cannot set ${DEVICE_AUTH_SECRET.key}: give 64 hexadecimal digits in lower case`,
    );
  },
};
