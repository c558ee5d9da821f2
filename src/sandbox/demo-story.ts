import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { encodeStream } from '../assertions/format/stream.js';
import { digestToHex } from '../common/crypto/digest.js';
import { SERIES } from '../common/domain/words.js';
import { StoreError } from '../common/errors.js';
import { AckService } from '../imports/ack.service.js';
import { ImportService } from '../imports/import.service.js';
import { SettingsService } from '../settings/settings.service.js';
import { assetsDirectory, pushSigned } from './push-signed.js';
import { SANDBOX_ROOT, StoreStack } from './store-stack.js';
import { verifyChain } from './verify-chain.js';

const STORE_ID = 'demo-store';
const OPERATOR_ID = 'demo-operator';
const PUBLISHER_ID = 'demo-publisher';
const LOOPBACK = '127.0.0.1';

/** The snaps of the demo, in `assets/demo`; the script next to them builds them. */
const SNAPS = [
  { file: 'demo-base_1.snap', name: 'demo-base', snapId: 'DemoBaseDemoBaseDemoBaseDemoBa11' },
  { file: 'demo-hello_1.snap', name: 'demo-hello', snapId: 'DemoHelloDemoHelloDemoHelloDem22' },
] as const;

/** The results of the demo, for people and for tests. */
export interface DemoStory {
  readonly storeId: string;
  readonly storeUrl: string;
  readonly pushed: readonly {
    readonly name: string;
    readonly revision: number;
    readonly sizeBytes: number;
  }[];
  readonly asked: {
    readonly name: string;
    readonly revision: number;
    readonly version: string;
    readonly channel: string;
  };
  /** The chain that verifies the answer, from the file up to the trusted root. */
  readonly chain: readonly string[];
  /** SHA3-384 of the downloaded file, in hex. */
  readonly digest: string;
  readonly deviceCommands: readonly string[];
}

/** Prepares a data directory for a store with the demo's own identity, serving on loopback. */
async function prepareDemo(
  app: NestFastifyApplication,
  directory: string,
): Promise<{ url: string; stack: StoreStack; pushed: DemoStory['pushed'] }> {
  const stack = new StoreStack({ authorityId: 'demo-root', rootHeaders: SANDBOX_ROOT });
  const port = await freePort();
  const url = `http://${LOOPBACK}:${port}`;
  const rootFile = join(directory, 'root.assert');
  await writeFile(rootFile, encodeStream(stack.trusted()));
  await app.get(SettingsService).set([
    ['proxy.trusted-assertions', rootFile],
    ['proxy.domain', LOOPBACK],
  ]);
  const storeFile = join(directory, 'store.assert');
  stack.account(OPERATOR_ID, { headers: { 'display-name': 'Demo operator' } });
  const store = stack.store({ store: STORE_ID, operatorId: OPERATOR_ID, url });
  await writeFile(storeFile, encodeStream(stack.chain(store)));
  await app.get(AckService).ack(storeFile);
  await app.get(SettingsService).set([['internal.store.id', STORE_ID]]);
  const pushed = await pushSnaps(app.get(ImportService), stack, join(directory, 'snaps'));
  await app.listen(port, LOOPBACK);
  return { url, stack, pushed };
}

async function pushSnaps(
  imports: ImportService,
  stack: StoreStack,
  directory: string,
): Promise<DemoStory['pushed']> {
  stack.account(PUBLISHER_ID, { headers: { 'display-name': 'Demo publisher' } });
  const pushed: DemoStory['pushed'][number][] = [];
  for (const { file, name, snapId } of SNAPS) {
    const source = join(assetsDirectory('demo'), file);
    const unsigned = { source, name, snapId, revision: 1, channels: ['latest/stable'] };
    const { revision, sizeBytes } = await pushSigned(imports, stack, PUBLISHER_ID, unsigned, directory);
    pushed.push({ name, revision, sizeBytes });
  }
  return pushed;
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createTcpServer();
    server.once('error', reject);
    server.listen(0, LOOPBACK, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

interface RefreshAnswer {
  readonly results: readonly {
    readonly result: string;
    readonly 'effective-channel': string;
    readonly snap: {
      readonly name: string;
      readonly revision: number;
      readonly version: string;
      readonly download: { readonly url: string; readonly 'sha3-384': string };
    };
  }[];
}

/**
 * Sends the requests of a device to the store over HTTP, and checks the answers as a device does: the digest of
 * the file, and each of its assertions up to the trusted root.
 *
 * @throws StoreError `conflict` if an answer is wrong
 */
async function askAsDevice(
  url: string,
  stack: StoreStack,
): Promise<Pick<DemoStory, 'asked' | 'chain' | 'digest'>> {
  const body = {
    context: [],
    actions: [
      { action: 'install', 'instance-key': 'install-1', name: 'demo-hello', channel: 'stable', epoch: null },
    ],
    fields: ['download', 'name', 'revision', 'version'],
  };
  const headers = {
    'content-type': 'application/json',
    'snap-device-architecture': 'amd64',
    'snap-device-series': SERIES,
  };
  const answer = (await (
    await fetch(`${url}/v2/snaps/refresh`, { method: 'POST', headers, body: JSON.stringify(body) })
  ).json()) as RefreshAnswer;
  const [result] = answer.results;
  if (!result || result.result !== 'install')
    throw new StoreError('conflict', 'the store did not offer demo-hello');
  const digest = await digestOf(result.snap.download.url);
  if (digestToHex(digest) !== result.snap.download['sha3-384'])
    throw new StoreError('conflict', 'the downloaded file does not match the offer');
  const { name, revision, version } = result.snap;
  return {
    asked: { name, revision, version, channel: result['effective-channel'] },
    chain: await verifyChain(url, digest, stack.trusted()),
    digest: digestToHex(digest),
  };
}

async function digestOf(url: string): Promise<Buffer> {
  const { body } = await fetch(url);
  const hash = createHash('sha3-384');
  if (body) for await (const chunk of body) hash.update(chunk as Uint8Array);
  return hash.digest();
}

/** The commands that make a device use a store and install from it. */
function deviceCommands(url: string): string[] {
  return [
    `curl -sL ${url}/v2/auth/store/assertions | sudo snap ack /dev/stdin`,
    `sudo snap set system proxy.store=${STORE_ID}`,
    'snap find demo',
    'sudo snap install demo-hello',
  ];
}

/** Runs the whole demo: creates a store, fills it, sends requests and checks the answers. */
export async function tellStory(app: NestFastifyApplication, directory: string): Promise<DemoStory> {
  const { url, stack, pushed } = await prepareDemo(app, directory);
  return {
    storeId: STORE_ID,
    storeUrl: url,
    pushed,
    ...(await askAsDevice(url, stack)),
    deviceCommands: deviceCommands(url),
  };
}
