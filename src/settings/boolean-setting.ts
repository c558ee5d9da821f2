import { StoreError } from '../common/errors.js';
import type { Setting } from './setting.js';

/** A shared setting that is `true` or `false`. `True`, as the original shows it, is accepted too. */
export function booleanSetting(
  setting: Pick<Setting<boolean>, 'key' | 'description' | 'defaultText' | 'defaultFrom' | 'readOnly'>,
): Setting<boolean> {
  return {
    ...setting,
    scope: 'shared',
    parse(text) {
      const lower = text.toLowerCase();
      if (lower === 'true' || lower === 'false') return lower === 'true';
      throw new StoreError(
        'invalid-setting',
        `cannot set ${setting.key} to ${JSON.stringify(text)}: give true or false`,
      );
    },
  };
}
