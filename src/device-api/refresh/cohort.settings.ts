import { secretSetting } from '../../settings/secret-setting.js';

/** The secret that signs cohort keys. After a change, devices cannot use their present keys. */
export const COHORT_SECRET = secretSetting(
  'proxy.cohort.secret',
  'secret that signs cohort keys, 64 hexadecimal digits (created with the first key)',
);
