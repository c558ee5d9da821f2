import { Client } from 'pg';
import { clientConfig, type DatabaseConnection } from './database-connection.js';
import { openingFailure } from './database-failure.js';

/** The driver's message when TLS was requested and the server has none. */
const NO_TLS = 'The server does not support SSL connections';

/**
 * Connects. If TLS is optional and the server has none, connects without it.
 *
 * @returns an open client, and the connection with TLS decided, for later connections
 * @throws StoreError `database-unavailable`
 */
export async function connectDatabase(
  connection: DatabaseConnection,
): Promise<{ client: Client; settled: DatabaseConnection }> {
  const client = new Client(clientConfig(connection));
  // A running query rejects as well. Without a listener, the process would end.
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
