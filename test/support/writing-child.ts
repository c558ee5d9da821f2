import { Client } from 'pg';
import { EmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';

/**
 * A process that inserts rows into the embedded server of a data directory as fast as it can and
 * prints the number of each once the server has acknowledged it, until it is killed.
 *
 * Arguments: data directory, the first number.
 */
const [dataDir = '', first = '0'] = process.argv.slice(2);
const { connection } = await EmbeddedPostgres.acquire(dataDir);
const client = new Client(connection);
await client.connect();
await client.query('create table if not exists acknowledged (id integer primary key)');
for (let id = Number(first); ; id += 1) {
  await client.query('insert into acknowledged values ($1)', [id]);
  process.stdout.write(`${id}\n`);
}
