import { isStoreId } from '../common/domain/words.js';
import { StoreError } from '../common/errors.js';
import type { Setting } from './setting.js';

/** The id of this store. Registration refuses an id without a store assertion. */
export const STORE_ID: Setting<string> = {
  key: 'internal.store.id',
  scope: 'shared',
  description: 'id of this store; first add its store assertion with `ack`',
  parse: (text) => {
    if (isStoreId(text)) return text;
    throw new StoreError(
      'invalid-setting',
      `cannot set internal.store.id to ${JSON.stringify(text)}: it is not a store id`,
    );
  },
};

/** The URL that devices use, as in the store assertion. */
export const STORE_URL: Setting<string> = {
  key: 'internal.store.url',
  scope: 'shared',
  description: 'URL of this store, from its store assertion',
  parse: (text) => text,
  readOnly: true,
};
