import { parseConnectionUrl, redactConnection } from '../database/connection-url.js';
import { prepareDatabase } from '../database/prepare-database.js';
import type { Setting } from './setting.js';

/** Where the database is; checked and made ready before it is kept. */
export const DATABASE_CONNECTION: Setting<string | undefined> = {
  key: 'proxy.db.connection',
  scope: 'unit',
  description: 'libpq URL of a PostgreSQL 15 or newer; empty: the embedded server',
  needsRestart: true,
  parse(text) {
    if (text === '') return undefined;
    parseConnectionUrl(text);
    return text;
  },
  hasSecret: (text) => text !== redactConnection(text),
  show: (text) => (text === '' ? '' : redactConnection(text)),
  async beforeSet(text) {
    if (text !== '') await prepareDatabase(parseConnectionUrl(text));
    return {};
  },
};
