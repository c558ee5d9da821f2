import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { connectDatabase } from './src/database/connect-database.js';
import { parseConnectionUrl } from './src/database/connection-url.js';
import { databaseOptions } from './src/database/database-options.js';

const url = process.env['SNAP_STORE_PROXY_DATABASE'];
if (url === undefined || url === '') {
  throw new Error('cannot configure TypeORM: set SNAP_STORE_PROXY_DATABASE to a libpq URL');
}
const { client, settled } = await connectDatabase(parseConnectionUrl(url));
await client.end();

/** For TypeORM's command line alone, which makes and checks migrations; the program does not use it. */
export default new DataSource(databaseOptions(settled));
