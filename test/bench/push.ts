import { randomFillSync } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleOf } from '../support/bundle-writer.js';
import { tarOf } from '../support/tar-file.js';
import { writePair, type TestSnap } from '../support/test-snaps.js';
import { runToEnd } from './processes.js';
import { progress } from './report.js';
import { noise, type World } from './world.js';

const NAME = 'huge';
const SNAP_BYTES = 500e6;
/** Bytes that differ between revisions; new content is what makes a push write. */
const CHANGED_BYTES = 4_096;

interface Round {
  readonly push: number;
  readonly digest: number;
  readonly rssMb: number;
}

/**
 * `push-snap` of 500 MB into a store in use, against the least that any import must do: `openssl dgst
 * -sha3-384` of the same snap. Both read it from the page cache.
 */
export async function benchPush(world: World): Promise<void> {
  const { report, publisher } = world;
  const { bytes } = publisher.snap({ name: NAME, revision: 1, padding: noise(SNAP_BYTES) });
  const rounds = { pair: [] as Round[], bundle: [] as Round[] };
  let revision = 0;
  const nextSnap = () => {
    const middle = Math.floor(bytes.length / 2);
    randomFillSync(bytes.subarray(middle, middle + CHANGED_BYTES));
    revision += 1;
    return publisher.sign(bytes, { name: NAME, revision });
  };
  for (let pair = 1; pair <= report.pairs; pair += 1) {
    progress(`push of 500 MB, pair ${pair}`);
    rounds.pair.push(await pushOnce(world, nextSnap(), 'pair'));
    rounds.bundle.push(await pushOnce(world, nextSnap(), 'bundle'));
  }
  const ratioOf = (key: string, of: readonly Round[]) =>
    report.ratio(
      key,
      of.map(({ push }) => push),
      of.map(({ digest }) => digest),
    );
  const ratios = [ratioOf('push_vs_sha3_pair', rounds.pair), ratioOf('push_vs_sha3_bundle', rounds.bundle)];
  report.value('push_vs_sha3', Math.max(...ratios));
  report.value('push_rss_mb', Math.max(...[...rounds.pair, ...rounds.bundle].map(({ rssMb }) => rssMb)));
}

async function pushOnce(world: World, snap: TestSnap, as: 'pair' | 'bundle'): Promise<Round> {
  const { directory, store } = world;
  const folder = join(directory, 'push');
  const snapPath = await writePair(folder, snap);
  let pushed = snapPath;
  if (as === 'bundle') {
    pushed = join(folder, `${NAME}.tar.gz`);
    writeFileSync(pushed, await tarOf(bundleOf([snap])));
  }
  // What was just written must not wait for the disk in the middle of a measurement.
  await runToEnd('sync', []);
  const push = await store.runWatched('push-snap', pushed, '--json');
  if (!push.stdout.includes('"changed": true') && !push.stdout.includes('"changed":true'))
    throw new Error(`the push changed nothing: ${push.stdout}`);
  const digest = await runToEnd('openssl', ['dgst', '-sha3-384', snapPath]);
  rmSync(folder, { recursive: true });
  store.dropBlobFile(snap.digest);
  return { push: push.wallSeconds, digest: digest.wallSeconds, rssMb: push.peakRssMb };
}
