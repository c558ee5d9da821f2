import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Client } from 'pg';
import { AppModule } from '../../src/app.module.js';
import type { Assertion } from '../../src/assertions/format/assertion.js';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { CATALOGUE_CHANNEL } from '../../src/catalogue/catalogue.service.js';
import { parseChannel } from '../../src/channels/channel.js';
import { DATA_VARIABLE } from '../../src/common/files/data-directory.js';
import { NO_PROGRESS } from '../../src/common/terminal/progress.js';
import { NotificationsService } from '../../src/database/notifications.service.js';
import { TransactionsService } from '../../src/database/transactions.service.js';
import { SightingsService } from '../../src/devices/sightings.service.js';
import { FetchModule } from '../../src/fetch/fetch.module.js';
import { AckService, type Acknowledged } from '../../src/imports/ack.service.js';
import type { ImportReport } from '../../src/imports/import-report.js';
import { ImportService } from '../../src/imports/import.service.js';
import { ImportsModule } from '../../src/imports/imports.module.js';
import type { StoreClaim } from '../../src/imports/store-claim.service.js';
import { createServer } from '../../src/server.js';
import { SettingsService } from '../../src/settings/settings.service.js';
import { UnitConfigService } from '../../src/settings/unit-config.service.js';
import { createTestDatabase } from './database.js';
import { query } from './query.js';
import { writeRoots } from './store-stack.js';

@Module({ imports: [AppModule, ImportsModule, FetchModule] })
class StoreModule {}

/** On which only {@link StoreApp.heard} speaks. */
const HEARD_CHANNEL = 'test-heard';

/** Every table of the store; what a newer migration adds is among them. */
const TABLES = `select quote_ident(table_name) as name from information_schema.tables
  where table_schema = current_schema() and table_name <> 'sign_in_failure' order by table_name`;

/** A whole store in a test: a data directory, a database and the server's application, with real parts only. */
export class StoreApp {
  private constructor(
    readonly app: NestFastifyApplication,
    /** For files of the test. */
    readonly directory: string,
    readonly dataDir: string,
    readonly databaseUrl: string,
    private readonly dropDatabase: () => Promise<void>,
  ) {}

  static async start(): Promise<StoreApp> {
    const directory = await mkdtemp(join(tmpdir(), 'store-app-'));
    const database = await createTestDatabase();
    const dataDir = join(directory, 'data');
    process.env[DATA_VARIABLE] = dataDir;
    new UnitConfigService().write({ 'proxy.db.connection': database.url });
    return new StoreApp(await createServer(StoreModule), directory, dataDir, database.url, () =>
      database.drop(),
    );
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.dropDatabase();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** @param roots - accounts and their keys, or the path of a file with them */
  async trust(roots: string | readonly Assertion[]): Promise<void> {
    const file = typeof roots === 'string' ? roots : await writeRoots(this.directory, roots);
    await this.app.get(SettingsService).set([['proxy.trusted-assertions', file]]);
  }

  async push(
    file: string,
    options: { channels?: string[]; pushChannelMap?: boolean; dryRun?: boolean; claim?: StoreClaim } = {},
  ): Promise<ImportReport> {
    const channels = (options.channels ?? ['latest/stable']).map(parseChannel);
    const report = await this.app.get(ImportService).import(
      file,
      {
        channels,
        pushChannelMap: options.pushChannelMap ?? false,
        dryRun: options.dryRun ?? false,
        ...(options.claim && { claim: options.claim }),
      },
      NO_PROGRESS,
    );
    await this.heard();
    return report;
  }

  /** Adds assertions as an operator does, from a file. */
  async ack(...assertions: readonly Assertion[]): Promise<readonly Acknowledged[]> {
    const path = join(this.directory, 'added.assert');
    await writeFile(path, encodeStream(assertions));
    return await this.app.get(AckService).ack(path);
  }

  /**
   * Waits until the server has heard of everything that was committed before: messages come in the order
   * of commits. Where it hears nothing now, it keeps nothing either.
   */
  async heard(): Promise<void> {
    const notifications = this.app.get(NotificationsService);
    if (!notifications.isLive(CATALOGUE_CHANNEL)) return;
    const marker = randomUUID();
    const messages = new EventEmitter();
    const unsubscribe = await notifications.subscribe(
      HEARD_CHANNEL,
      (message) => messages.emit(message),
      () => undefined,
    );
    const isHeard = once(messages, marker);
    await this.app.get(TransactionsService).run((tx) => notifications.publish(tx, HEARD_CHANNEL, marker));
    await isHeard;
    unsubscribe();
  }

  /** Runs one statement on its database, past the store. */
  async query<Row = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<Row[]> {
    return await query<Row>(this.databaseUrl, sql, values);
  }

  /** Everything the store holds: each table's rows, and each file's path and size. For "nothing changed". */
  async state(): Promise<Record<string, unknown>> {
    // Devices that were here before are written down off the way of their answers.
    await this.app.get(SightingsService).write();
    const client = new Client({ connectionString: this.databaseUrl });
    await client.connect();
    try {
      const state: Record<string, unknown> = { files: await this.blobFiles() };
      const { rows: tables } = await client.query<{ name: string }>(TABLES);
      for (const { name } of tables)
        state[name] = (await client.query(`select t.* from ${name} t order by t::text`)).rows;
      return state;
    } finally {
      await client.end();
    }
  }

  /** Path and size of every file below `blobs`. */
  async blobFiles(): Promise<string[]> {
    const root = join(this.dataDir, 'blobs');
    const names = await readdir(root, { recursive: true }).catch(() => []);
    const files: string[] = [];
    for (const name of names.toSorted()) {
      const info = await stat(join(root, name));
      if (info.isFile()) files.push(`${name} ${info.size}`);
    }
    return files;
  }
}
