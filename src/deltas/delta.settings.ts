import { StoreError } from '../common/errors.js';
import { booleanSetting } from '../settings/boolean-setting.js';
import type { Setting } from '../settings/setting.js';

/** Whether to make and offer deltas. */
export const DELTAS_ENABLED = booleanSetting({
  key: 'proxy.deltas.enabled',
  description: 'make deltas between revisions (requires the program xdelta3) and offer them to devices',
  defaultText: 'true',
});

const BYTES = /^\d{1,15}$/;

/** The most disk space for all deltas together. */
export const DELTAS_MAX_SIZE: Setting<number> = {
  key: 'proxy.deltas.max-size',
  scope: 'shared',
  description: 'most disk space for all deltas together, in bytes',
  defaultText: String(10 * 1024 ** 3),
  parse(text) {
    if (BYTES.test(text)) return Number(text);
    throw new StoreError(
      'invalid-setting',
      `cannot set ${DELTAS_MAX_SIZE.key} to ${JSON.stringify(text.slice(0, 80))}: give a number of bytes, up to 15 digits`,
    );
  },
};
