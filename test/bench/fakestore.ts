import { existsSync, linkSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { digestToHex } from '../../src/common/crypto/digest.js';
import { freePort } from '../support/ports.js';
import { runToEnd, startProcess, stopProcess, untilAnswers } from './processes.js';
import { progress } from './report.js';
import { DEVICE_HEADERS, SNAP_FIELDS } from './snapd-request.js';
import { missingTool } from './tools.js';
import type { World } from './world.js';

const KEY = 'refresh_vs_fakestore';
const PATH = '/v2/snaps/refresh';
const GOPATH = '/usr/share/gocode';
const PACKAGE = 'github.com/snapcore/snapd/tests/lib/fakestore/cmd/fakestore';
/** It hashes the file for each request, so more at a time only queue. */
const CONNECTIONS = 4;
const SECONDS = 4;

/** Builds snapd's own test double from Debian's source package. @returns why not, where it cannot be had */
async function build(program: string): Promise<string | undefined> {
  const missing =
    missingTool('go', 'golang-go') ??
    missingTool('wrk', 'wrk') ??
    missingTool('unsquashfs', 'squashfs-tools');
  if (missing !== undefined) return missing;
  const sources = join(GOPATH, 'src', PACKAGE);
  if (!existsSync(sources)) return `${sources} is missing: apt-get install golang-github-snapcore-snapd-dev`;
  const env = { ...process.env, GO111MODULE: 'off', GOPATH };
  try {
    await runToEnd('go', ['build', '-o', program, PACKAGE], { env });
    return undefined;
  } catch (error) {
    return `it cannot be built: ${(error as Error).message}`;
  }
}

/** Both must offer the very file: a refusal that comes fast is no speed. */
async function checkAnswer(
  origin: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  digest: string,
): Promise<void> {
  const response = await fetch(`${origin}${PATH}`, { method: 'POST', headers, body });
  const text = await response.text();
  const { results } = JSON.parse(text) as {
    results: { result: string; snap: { download: { 'sha3-384': string } } }[];
  };
  if (results[0]?.result !== 'install' || results[0].snap.download['sha3-384'] !== digest)
    throw new Error(`${origin} does not offer the snap: ${text.slice(0, 500)}`);
}

/** Installing one snap of 100 MB by name, against snapd's fakestore with the same snap alone. */
export async function benchFakestore(world: World): Promise<void> {
  const { report, directory, store, large, largePath, load } = world;
  const program = join(directory, 'fakestore');
  const reason = await build(program);
  if (reason !== undefined) return report.missing([KEY], reason);
  const folder = join(directory, 'fakestore-files');
  mkdirSync(join(folder, 'asserts'), { recursive: true });
  linkSync(largePath, join(folder, basename(largePath)));
  const port = await freePort();
  const fakestore = startProcess(program, ['run', '--dir', folder, '--addr', `127.0.0.1:${port}`], {
    stdio: 'ignore',
    // Its answers are those of a store in a test.
    env: { ...process.env, SNAPPY_TESTING: '1' },
  });
  const peerUrl = `http://127.0.0.1:${port}`;
  await untilAnswers(fakestore, peerUrl);
  const body = JSON.stringify({
    context: [],
    actions: [{ action: 'install', 'instance-key': 'install-1', name: large.name, channel: 'latest/stable' }],
    fields: SNAP_FIELDS,
  });
  const headers = { ...DEVICE_HEADERS, 'Content-Type': 'application/json' };
  for (const origin of [store.url, peerUrl])
    await checkAnswer(origin, body, headers, digestToHex(large.digest));
  const run = async (origin: string) => {
    const wanted = {
      path: PATH,
      bodies: [body],
      headers,
      connections: CONNECTIONS,
      seconds: SECONDS,
    };
    return (await load.run(origin, wanted)).requestsPerSecond;
  };
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let pair = 1; pair <= report.pairs; pair += 1) {
    progress(`refresh against fakestore, pair ${pair}`);
    ours.push(await run(store.url));
    theirs.push(await run(peerUrl));
  }
  report.ratio(KEY, ours, theirs);
  await stopProcess(fakestore);
}
