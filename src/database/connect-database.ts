import { Client } from 'pg';
import { clientConfig, type DatabaseConnection } from './database-connection.js';
import { openingFailure } from './database-failure.js';

/** What the driver says when TLS was asked for. */
const NO_TLS = 'The server does not support SSL connections';

/**
 * Connects; where TLS is optional and the server has none, without.
 *
 * @returns an open client, and the connection with TLS settled, for the connections that follow
 * @throws StoreError `database-unavailable`
 */
export async function connectDatabase(
  connection: DatabaseConnection,
): Promise<{ client: Client; settled: DatabaseConnection }> {
  const client = new Client(clientConfig(connection));
  // A query that is under way rejects as well; without a listener the process would end.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return { client, settled: connection };
  } catch (error) {
    client.end().catch(() => undefined);
    if (connection.tls.mode === 'optional' && error instanceof Error && error.message === NO_TLS) {
      return await connectDatabase({ ...connection, tls: { mode: 'off' } });
    }
    throw openingFailure(error, connection);
  }
}
