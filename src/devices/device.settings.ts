import { StoreError } from '../common/errors.js';
import { secretSetting } from '../settings/secret-setting.js';
import type { Setting } from '../settings/setting.js';

/** What signs device sessions: a new one would end every session, so it is made once. */
export const DEVICE_AUTH_SECRET = secretSetting(
  'proxy.device-auth.secret',
  'secret that signs device sessions, 64 hexadecimal digits (made by `enable-airgap-mode`, or for the first session)',
);

/** Which serials that this store does not hold itself are good for a session. */
export type ForeignSerials = 'accept' | 'accept-known-brands' | 'refuse';

const FOREIGN_SERIALS_CHOICES: readonly ForeignSerials[] = ['accept', 'accept-known-brands', 'refuse'];

/** What becomes of devices whose serial was issued elsewhere. */
export const FOREIGN_SERIALS: Setting<ForeignSerials> = {
  key: 'proxy.device-auth.foreign-serials',
  scope: 'shared',
  description: 'devices whose serial was issued elsewhere: accept, accept-known-brands or refuse',
  defaultText: 'accept',
  parse(text) {
    const choice = FOREIGN_SERIALS_CHOICES.find((known) => known === text);
    if (choice) return choice;
    throw new StoreError(
      'invalid-setting',
      `cannot set ${FOREIGN_SERIALS.key} to ${JSON.stringify(text.slice(0, 80))}: give ${FOREIGN_SERIALS_CHOICES.join(', ')}`,
    );
  },
};
