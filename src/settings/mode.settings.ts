import { booleanSetting } from './boolean-setting.js';

/**
 * Whether this store is air-gapped. `enable-airgap-mode` sets it. While it is true, nothing connects to another
 * store.
 */
export const AIRGAP = booleanSetting({
  key: 'proxy.airgap',
  description: 'whether the store is in air-gapped mode (set by `enable-airgap-mode`)',
  defaultText: 'false',
  readOnly: true,
});
