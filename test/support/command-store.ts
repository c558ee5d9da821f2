import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Cli } from './cli.js';
import { createTestDatabase, type TestDatabase } from './database.js';

/** A store that a test uses by its commands: a data directory that knows its database. */
export class CommandStore {
  readonly dataDir: string;

  private constructor(
    /** For files of the test. */
    readonly directory: string,
    private readonly database: TestDatabase,
  ) {
    this.dataDir = join(directory, 'data');
  }

  /** @param settings - `key=value` words for `config` */
  static async start(...settings: readonly string[]): Promise<CommandStore> {
    const directory = mkdtempSync(join(tmpdir(), 'command-store-'));
    const store = new CommandStore(directory, await createTestDatabase());
    const words = [`proxy.db.connection=${store.databaseUrl}`, ...settings];
    expect(await new Cli(() => store.dataDir).run('config', ...words)).toMatchObject({ status: 0 });
    return store;
  }

  get databaseUrl(): string {
    return this.database.url;
  }

  /** Writes a file of the test. @returns its path */
  file(name: string, content: Buffer | string): string {
    const path = join(this.directory, name);
    writeFileSync(path, content);
    return path;
  }

  async stop(): Promise<void> {
    await this.database.drop();
    rmSync(this.directory, { recursive: true });
  }
}
