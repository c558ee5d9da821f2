import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Assertion } from '../../src/assertions/format/assertion.js';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { freePort } from '../support/ports.js';
import { PUBLISHER_ID, TestPublisher, writePair, type TestSnap } from '../support/test-snaps.js';
import { requirePrepared, TEST_SNAPS } from './programs.js';
import { StoreProgram } from './store-program.js';

export const STORE_ID = 'acme-airgap';

/** The snap-ids in snapd's code of the two snaps that it installs before all others. */
export const SNAPD_ID = 'PMrrV4ml8uWuEUDBT8dSGnKUYbevVhc4';
export const CORE_ID = '99T7MUlRhtI3U0QFgl5mXXESAiSwt776';

/** One of the snaps that `make-snaps.sh` made, as it is pushed. */
export interface Upload {
  readonly name: string;
  readonly version: string;
  readonly revision: number;
  /** Set if it does not follow from the name. */
  readonly snapId?: string;
  /** The test's own file, which replaces one of those. */
  readonly file?: string;
}

/** The operator's side of the tests: its own root, the store program in a new data directory, and the pushed snaps. */
export class Acme {
  private constructor(
    private readonly folder: string,
    readonly publisher: TestPublisher,
    readonly store: StoreProgram,
    private readonly otherRoots: readonly Assertion[],
  ) {}

  /**
   * Makes a store that is registered and has its address, but holds no snap and does not run yet.
   *
   * @param otherRoots - accounts and keys that store and devices trust besides the publisher's root
   */
  static async register(otherRoots: readonly Assertion[] = []): Promise<Acme> {
    const folder = await mkdtemp(join(tmpdir(), 'snapd-store-'));
    // If run as root, the program's own PostgreSQL uses another account, which must be able to enter this directory.
    await chmod(folder, 0o755);
    const store = new StoreProgram(join(folder, 'data'), await freePort());
    const acme = new Acme(folder, new TestPublisher(), store, otherRoots);
    try {
      await acme.#register();
    } catch (error) {
      await acme.stop();
      throw error;
    }
    return acme;
  }

  /** Stream of the root that devices must trust. */
  get trustedRoots(): Buffer {
    return encodeStream([...this.publisher.stack.trusted(), ...this.otherRoots]);
  }

  /**
   * Signs a snap and pushes it as the two files that `snap download` writes.
   *
   * @param channels - the channels to release it to; if empty, the program's default
   */
  async push(upload: Upload, ...channels: string[]): Promise<TestSnap> {
    const { name, version, revision, snapId, file = join(TEST_SNAPS, `${name}_${version}.snap`) } = upload;
    const bytes = await readFile(requirePrepared(file));
    const snap = this.publisher.sign(bytes, { name, revision, ...(snapId !== undefined && { snapId }) });
    const path = await writePair(join(this.folder, 'uploads'), snap);
    await this.store.run(
      'push-snap',
      '--new-track',
      ...channels.flatMap((channel) => ['--channel', channel]),
      path,
    );
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

  async #register(): Promise<void> {
    const { stack } = this.publisher;
    const store = stack.store({ store: STORE_ID, operatorId: PUBLISHER_ID, url: this.store.url });
    const root = join(this.folder, 'roots.assert');
    await writeFile(root, this.trustedRoots);
    const identity = join(this.folder, 'store.assert');
    await writeFile(identity, encodeStream(stack.chain(store)));
    await this.store.run('config', `proxy.trusted-assertions=${root}`);
    await this.store.run('ack', identity);
    await this.store.run('config', `internal.store.id=${STORE_ID}`);
    await this.store.run(
      'config',
      'proxy.domain=127.0.0.1',
      'proxy.ipaddress=127.0.0.1',
      `proxy.port.http=${this.store.port}`,
    );
  }
}
