import { StoreError } from '../common/errors.js';
import { parseConnectionUrl, redactConnection } from '../database/connection-url.js';
import { prepareDatabase } from '../database/prepare-database.js';
import type { Setting } from './setting.js';

/** Where the database is. It is checked and prepared before the setting is stored. */
export const DATABASE_CONNECTION: Setting<string | undefined> = {
  key: 'proxy.db.connection',
  scope: 'unit',
  description: 'libpq URL of a PostgreSQL server, version 15 or newer (empty: the embedded server)',
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

/** Which PostgreSQL the embedded server uses. */
export type EmbeddedChoice = 'packaged' | 'host';

/** The packaged one is the same on every machine, so it is the default. */
export const EMBEDDED_DATABASE: Setting<EmbeddedChoice> = {
  key: 'proxy.db.embedded',
  scope: 'unit',
  description:
    "PostgreSQL of the embedded server: `packaged` with this program, or `host` for the machine's own",
  defaultText: 'packaged',
  needsRestart: true,
  parse(text) {
    if (text === 'packaged' || text === 'host') return text;
    throw new StoreError(
      'invalid-setting',
      `cannot set ${EMBEDDED_DATABASE.key} to ${JSON.stringify(text)}: give packaged or host`,
    );
  },
};
