import { Client } from 'pg';
import type { StoreApp } from '../../support/store-app.js';

/** Keeps imports from committing: they run until this is released. */
export class Hold {
  private static held: Hold | undefined;

  private constructor(private readonly connection: Client) {}

  static async take(store: StoreApp): Promise<Hold> {
    const connection = new Client({ connectionString: store.databaseUrl });
    await connection.connect();
    await connection.query('begin');
    await connection.query('lock table snap_revision in share mode');
    Hold.held = new Hold(connection);
    return Hold.held;
  }

  static async releaseAll(): Promise<void> {
    await Hold.held?.release();
  }

  async release(): Promise<void> {
    Hold.held = undefined;
    await this.connection.end();
  }
}

/** Waits for what happens in another process, or on another connection. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}
