import { Client } from 'pg';

/**
 * A process that connects to a database over its Unix socket and says in one line what came of it: the role that it
 * is, or the server's refusal.
 *
 * Arguments: socket folder, port, role.
 */
const [host, port, user] = process.argv.slice(2);
const client = new Client({ host, port: Number(port), user, database: 'snap_store_proxy', ssl: false });
client.on('error', () => undefined);
try {
  await client.connect();
  const { rows } = await client.query<{ role: string }>('select current_user as role');
  process.stdout.write(`${rows[0]?.role}\n`);
  await client.end();
} catch (error) {
  process.stdout.write(`${(error as Error).message}\n`);
}
