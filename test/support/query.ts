import { Client, type ClientConfig } from 'pg';

/** Runs one statement on a connection of its own. @param connection - a URL, or what `pg` takes */
export async function query<Row = Record<string, unknown>>(
  connection: string | ClientConfig,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new Client(connection);
  await client.connect();
  try {
    return (await client.query(sql, [...values])).rows as Row[];
  } finally {
    await client.end();
  }
}
