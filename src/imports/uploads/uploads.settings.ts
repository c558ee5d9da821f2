import { StoreError } from '../../common/errors.js';
import type { Setting } from '../../settings/setting.js';

function bytesSetting(key: string, description: string, defaultBytes: number): Setting<number> {
  return {
    key,
    scope: 'shared',
    description,
    defaultText: String(defaultBytes),
    parse(text) {
      const bytes = Number(text);
      if (/^\d{1,16}$/.test(text) && Number.isSafeInteger(bytes)) return bytes;
      throw new StoreError(
        'invalid-setting',
        `cannot set ${key} to ${JSON.stringify(text.slice(0, 80))}: give a number of bytes; 0 allows no uploads`,
      );
    },
  };
}

/** What all uploads together may have, arrived or not, until they are imported. */
export const UPLOADS_QUOTA = bytesSetting(
  'proxy.uploads.quota-bytes',
  'bytes of all uploads together until they are imported',
  256 * 2 ** 30,
);

/** The largest upload, too. */
export const UPLOADS_QUOTA_PER_PRINCIPAL = bytesSetting(
  'proxy.uploads.quota-bytes-each',
  'bytes of the uploads of one operator or token until they are imported',
  128 * 2 ** 30,
);
