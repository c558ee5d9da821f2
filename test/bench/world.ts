import { randomFillSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleOf } from '../support/bundle-writer.js';
import { tarOf } from '../support/tar-file.js';
import { TestPublisher, writePair, type TestSnap } from '../support/test-snaps.js';
import { LoadGenerator } from './load.js';
import { progress, type Report } from './report.js';
import { StoreUnit } from './store-unit.js';

/** Snaps in the store before anything is measured. */
export const SMALL_SNAPS = 50;

const LARGE_BYTES = 100e6;

/** As long as snap.yaml of an everyday desktop snap: some 1,500 bytes. */
export const EXTRA_YAML = [
  'apps:',
  ...Array.from({ length: 8 }, (_, app) => [
    `  tool-${app}:`,
    `    command: bin/tool-${app} --config $SNAP_DATA/tool-${app}.conf`,
    '    plugs: [network, network-bind, home, removable-media, opengl]',
    '    environment: {LC_ALL: C.UTF-8}',
  ]).flat(),
  '',
].join('\n');

/** All that the parts of the bench share: a store in use, a publisher that it trusts, a client. */
export interface World {
  readonly directory: string;
  readonly program: string;
  readonly report: Report;
  readonly load: LoadGenerator;
  readonly publisher: TestPublisher;
  readonly store: StoreUnit;
  readonly smallSnaps: readonly TestSnap[];
  /** A snap of 100 MB, in the store as well. */
  readonly large: TestSnap;
  readonly largePath: string;
}

/** Random bytes, since snaps are compressed already. */
export function noise(sizeBytes: number): Buffer {
  return randomFillSync(Buffer.allocUnsafeSlow(sizeBytes));
}

/** Makes the store that most of the bench asks, with snaps in it, and lets it serve. */
export async function makeWorld(directory: string, program: string, report: Report): Promise<World> {
  progress('filling a store');
  const publisher = new TestPublisher();
  const store = await StoreUnit.create(program, join(directory, 'store'));
  await store.run('config', `proxy.trusted-assertions=${await publisher.writeRoot(directory)}`);
  const smallSnaps = Array.from({ length: SMALL_SNAPS }, (_, index) =>
    publisher.snap({ name: `tools-${index}`, revision: index + 1, yaml: EXTRA_YAML, padding: noise(10_000) }),
  );
  const bundle = join(directory, 'small.tar.gz');
  writeFileSync(bundle, await tarOf(bundleOf(smallSnaps)));
  const large = publisher.snap({ name: 'large', revision: 1, yaml: EXTRA_YAML, padding: noise(LARGE_BYTES) });
  const largePath = await writePair(directory, large);
  await store.run('push-snap', bundle, largePath);
  await store.serve();
  const load = new LoadGenerator(directory);
  return { directory, program, report, load, publisher, store, smallSnaps, large, largePath };
}
