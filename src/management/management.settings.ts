import { booleanSetting } from '../settings/boolean-setting.js';

/** Whether the management password may cross a network in clear. */
export const MANAGEMENT_PLAIN_HTTP = booleanSetting({
  key: 'proxy.management.allow-plain-http',
  description:
    'whether the management password is taken over plain HTTP from other machines too: who listens reads it',
  defaultText: 'false',
});
