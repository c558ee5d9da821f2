import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { downloadPath } from '../../src/catalogue/snap-json.view.js';
import { hashPassword } from '../../src/common/crypto/password.js';
import { privatePem } from '../../src/common/crypto/pem.js';
import { EmbeddedPostgres } from '../../src/database/embedded/embedded-postgres.js';
import { readLockFile } from '../../src/database/embedded/postmaster.js';
import { describeCatalogue, fillCatalogue } from '../bench/catalogue-rows.js';
import { stopAll } from '../bench/processes.js';
import { StoreUnit } from '../bench/store-unit.js';
import { noise } from '../bench/world.js';
import { freePort } from '../support/ports.js';
import { PROGRAM, run } from '../support/program.js';
import { query } from '../support/query.js';
import { TestStoreStack } from '../support/store-stack.js';
import { TestPublisher, writePair } from '../support/test-snaps.js';
import type { Target } from './target.js';

const SNAPS = 10_000;
const LARGE_BYTES = 100e6;
/** Length of the longest snap.yaml that the review used. */
const BIG_YAML_BYTES = 195_000;
const BIG_YAML = 'big-yaml';
const OPEN_MODEL = 'open-model';

export const PASSWORD = 'correct horse battery staple';

/** A store with a realistic catalogue and every feature that strangers can use. */
export class HostileWorld {
  private constructor(
    readonly store: StoreUnit,
    private readonly facts: Pick<Target, 'largePath' | 'openModel'>,
    /** Our own share, so that the database stays up between the servers. */
    private readonly database: EmbeddedPostgres,
    private readonly httpsPort: number,
  ) {}

  /** @param directory - its creator removes it */
  static async make(directory: string): Promise<HostileWorld> {
    const store = await StoreUnit.create(PROGRAM, join(directory, 'store'));
    const httpsPort = await freePort();
    await store.run('config', `proxy.port.https=${httpsPort}`);
    const database = await EmbeddedPostgres.acquire(store.dataDir);
    const world = new HostileWorld(store, await fill(store, directory), database, httpsPort);
    // Otherwise the database would do this later, and its cost would count as that of a request.
    await world.query('vacuum analyze');
    return world;
  }

  target(tls: boolean): Target {
    const port = tls ? this.httpsPort : Number(new URL(this.store.url).port);
    return { host: '127.0.0.1', port, tls, snaps: SNAPS, bigYamlName: BIG_YAML, ...this.facts };
  }

  /** From the next start on the store answers over TLS, and plain HTTP redirects there. */
  async useTls(): Promise<void> {
    await this.store.run('import-certificate', '--selfsigned');
  }

  /** The process id of the database server. Its other processes are its children. */
  get databasePid(): number {
    const pid = readLockFile(join(this.store.dataDir, 'postgres'))?.pid;
    if (pid === undefined) throw new Error('the database is not running');
    return pid;
  }

  async databaseMb(): Promise<number> {
    const [row] = await this.query<{ mb: number }>(
      'select (pg_database_size(current_database()) / 1048576.0)::float8 as mb',
    );
    return row?.mb ?? Number.NaN;
  }

  async close(): Promise<void> {
    await stopAll();
    await this.database.release();
  }

  private async query<Row>(sql: string): Promise<Row[]> {
    return await query<Row>({ ...this.database.connection, ssl: false }, sql);
  }
}

/** Everything is imported as an operator does it, except for the rows of the catalogue. */
async function fill(store: StoreUnit, directory: string): Promise<Pick<Target, 'largePath' | 'openModel'>> {
  const publisher = new TestPublisher();
  const stack = new TestStoreStack();
  const file = (name: string, content: Buffer | string) => {
    writeFileSync(join(directory, name), content, { mode: 0o600 });
    return join(directory, name);
  };
  const roots = file('roots.assert', encodeStream([...publisher.stack.trusted(), ...stack.trusted()]));
  await store.run('config', `proxy.trusted-assertions=${roots}`);
  await fillCatalogue(store.dataDir, SNAPS, publisher);
  await describeCatalogue(store.dataDir);
  const model = stack.model({ model: OPEN_MODEL });
  await store.run('ack', file('model.assert', encodeStream(stack.chain(model))));
  const key = file('brand.pem', privatePem(stack.key('brand brand')));
  await store.run('create', 'key', 'brand-key', '--from-file', key);
  await store.run('create', 'model', OPEN_MODEL, '--no-api-key');
  await store.run('create', 'serial-policy', '--model', OPEN_MODEL, '--key', 'brand-key');
  const settings = `internal.airgap.gateway-hash: ${JSON.stringify(await hashPassword(PASSWORD))}\n`;
  const { status, stderr } = await run(['--data', store.dataDir, 'config', '--import-yaml'], {}, settings);
  if (status !== 0) throw new Error(stderr);
  const large = publisher.snap({ name: 'large', revision: 1, padding: noise(LARGE_BYTES) });
  const long = publisher.snap({ name: BIG_YAML, revision: 1, yaml: longYaml() });
  for (const snap of [large, long]) await store.run('push-snap', await writePair(directory, snap));
  return { largePath: downloadPath(large.snapId, large.revision), openModel: model.bytes.toString() };
}

function longYaml(): string {
  const line = (index: number) => `  tool-${index}: {command: bin/tool, plugs: [network, home, opengl]}\n`;
  let yaml = 'apps:\n';
  for (let index = 0; yaml.length < BIG_YAML_BYTES; index += 1) yaml += line(index);
  return yaml;
}
