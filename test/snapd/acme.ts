import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { PUBLISHER_ID, type TestSnap, TestPublisher, writePair } from '../support/test-snaps.js';
import { TEST_SNAPS, requirePrepared } from './programs.js';
import { StoreProgram, freePort } from './store-program.js';

export const STORE_ID = 'acme-airgap';

/** The snap-ids that snapd has compiled in for the two snaps it installs before all others. */
export const SNAPD_ID = 'PMrrV4ml8uWuEUDBT8dSGnKUYbevVhc4';
export const CORE_ID = '99T7MUlRhtI3U0QFgl5mXXESAiSwt776';

/** One of the snaps that `make-snaps.sh` made, as it is pushed. */
export interface Upload {
  readonly name: string;
  readonly version: string;
  readonly revision: number;
  /** Where it does not follow from the name. */
  readonly snapId?: string;
}

/** The operator's side of the tests: a root of its own, the store program in a fresh data directory, and what is pushed to it. */
export class Acme {
  private constructor(
    private readonly folder: string,
    readonly publisher: TestPublisher,
    readonly store: StoreProgram,
  ) {}

  /** A store that is registered and knows its address, but holds no snap and does not run yet. */
  static async register(): Promise<Acme> {
    const folder = await mkdtemp(join(tmpdir(), 'snapd-store-'));
    const store = new StoreProgram(join(folder, 'data'), await freePort());
    const acme = new Acme(folder, new TestPublisher(), store);
    const { authority, account } = acme.publisher;
    const root = await acme.publisher.writeRoot(folder);
    const identity = join(folder, 'store.assert');
    await writeFile(
      identity,
      encodeStream([authority.storeKey, account, authority.store(STORE_ID, PUBLISHER_ID, store.url)]),
    );
    await store.run('config', `proxy.trusted-assertions=${root}`);
    await store.run('ack', identity);
    await store.run('config', `internal.store.id=${STORE_ID}`);
    await store.run(
      'config',
      'proxy.domain=127.0.0.1',
      'proxy.ipaddress=127.0.0.1',
      `proxy.port.http=${store.port}`,
    );
    return acme;
  }

  /** Stream of the root that devices have to trust. */
  get trustedRoots(): Buffer {
    return encodeStream(this.publisher.authority.root);
  }

  /**
   * Signs a snap and pushes it, as the pair that `snap download` writes.
   *
   * @param channels - where it is released; the program's own choice where empty
   */
  async push({ name, version, revision, snapId }: Upload, ...channels: string[]): Promise<TestSnap> {
    const bytes = await readFile(requirePrepared(join(TEST_SNAPS, `${name}_${version}.snap`)));
    const snap = this.publisher.sign(bytes, { name, revision, ...(snapId !== undefined && { snapId }) });
    const path = await writePair(join(this.folder, 'uploads'), snap);
    await this.store.run('push-snap', ...channels.flatMap((channel) => ['--channel', channel]), path);
    return snap;
  }

  /** What `GET /v2/auth/store/assertions` answers, in a file for `snap ack`. */
  async storeAssertions(): Promise<string> {
    const response = await fetch(`${this.store.url}/v2/auth/store/assertions`);
    if (!response.ok) throw new Error(`/v2/auth/store/assertions answered ${response.status}`);
    const path = join(this.folder, 'fetched-store.assert');
    await writeFile(path, Buffer.from(await response.arrayBuffer()));
    return path;
  }

  /** An empty folder for a test's own files. */
  async emptyFolder(name: string): Promise<string> {
    const path = join(this.folder, name);
    await mkdir(path);
    return path;
  }

  async stop(): Promise<void> {
    await this.store.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
