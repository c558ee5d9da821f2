import { secretSetting } from '../../settings/secret-setting.js';

/** What signs cohort keys: with a new one, no device could use the key that it has. */
export const COHORT_SECRET = secretSetting(
  'proxy.cohort.secret',
  'secret that signs cohort keys, 64 hexadecimal digits (made for the first of them)',
);
