import { booleanSetting } from './boolean-setting.js';

/**
 * Whether this store is the air-gapped one. Set by `enable-airgap-mode`; while it is true, nothing opens a
 * connection to another store.
 */
export const AIRGAP = booleanSetting({
  key: 'proxy.airgap',
  description: 'whether the store is in air-gapped mode (set by `enable-airgap-mode`)',
  defaultText: 'false',
  readOnly: true,
});
