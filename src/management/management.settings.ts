import type { AddressRanges } from '../common/http/address-ranges.js';
import { booleanSetting } from '../settings/boolean-setting.js';
import { parseRanges } from '../settings/server.settings.js';
import type { Setting } from '../settings/setting.js';

/** Whether the management password may cross a network in clear. */
export const MANAGEMENT_PLAIN_HTTP = booleanSetting({
  key: 'proxy.management.allow-plain-http',
  description:
    'whether the management password is taken over plain HTTP from other machines too: who listens reads it',
  defaultText: 'false',
});

/** Whether requests are counted, and `/metrics` shows it. */
export const METRICS_ENABLED: Setting<boolean> = {
  ...booleanSetting({
    key: 'proxy.metrics.enabled',
    description: 'whether this server counts its requests and serves /metrics',
    defaultText: 'true',
  }),
  scope: 'unit',
  needsRestart: true,
};

/** Who may read metrics without a token. */
export const METRICS_ALLOW: Setting<AddressRanges> = {
  key: 'proxy.metrics.allow',
  scope: 'shared',
  description: 'addresses and ranges that may read /metrics without a token (empty: none)',
  defaultText: '',
  parse: (text) => parseRanges(METRICS_ALLOW.key, text),
};
