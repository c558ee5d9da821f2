import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sha3_384 } from '../../../src/common/crypto/digest.js';
import { bundleOf, type BundleOptions } from '../../support/bundle-writer.js';
import { Cli } from '../../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { Fetching } from '../../support/fetching.js';
import { writeArchive } from '../../support/input-forms.js';
import { png } from '../../support/pictures.js';
import { TestPublisher, type SnapRecipe } from '../../support/test-snaps.js';

const publisher = new TestPublisher();
let fetching: Fetching;
let directory: string;
let databases: TestDatabase[];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'fetch-and-push-'));
  fetching = await Fetching.start(publisher);
  databases = [await createTestDatabase(), await createTestDatabase()];
  const root = await publisher.writeRoot(directory);
  for (const [index, side] of (['connected', 'airgapped'] as const).entries()) {
    await good(side, 'config', `proxy.db.connection=${databases[index]?.url}`);
    await good(side, 'config', `proxy.trusted-assertions=${root}`);
  }
});
afterAll(async () => {
  await fetching.stop();
  for (const database of databases) await database.drop();
  rmSync(directory, { recursive: true });
});

type Side = 'connected' | 'airgapped';

const on = (side: Side) =>
  new Cli(
    () => join(directory, side),
    () => ({ NO_PROXY: '*' }),
  );

/** A fetch succeeds with warnings: its bundles are not signed. */
async function good(side: Side, ...words: string[]): Promise<string> {
  const outcome = await on(side).run(...words);
  expect(outcome, words.join(' ')).toMatchObject({ status: 0 });
  return outcome.stdout;
}

async function release(recipe: SnapRecipe, options: BundleOptions = {}): Promise<void> {
  const parts = bundleOf([publisher.snap(recipe)], options);
  await fetching.upstream.push(await writeArchive(fetching.upstream.directory, parts));
}

it('carries a snap to the air-gapped store, and later only the new revisions', async () => {
  await release({ name: 'jq', revision: 6, base: 'core1', padding: randomBytes(2_000_000) });
  await release({ name: 'core1', revision: 3, type: 'base', padding: randomBytes(1_000_000) });
  await release({ name: 'snapd', revision: 2, type: 'snapd' });

  // The connected machine.
  await good('connected', 'config', `proxy.upstream=${fetching.upstreamUrl.href}`);
  await good('connected', 'generate-keys');
  const fetched = await good('connected', 'fetch-snaps', 'jq', '--channel=stable', '--architecture=amd64');
  expect(fetched).toMatch(
    /^Fetching channel map info for jq\nDownloading jq revision 6 \(latest\/stable amd64\)\n[^]*Downloaded jq to \S+\/connected\/downloads\/jq-\d{8}T\d{6}\.tar\.gz\n[^]*Successfully exported snaps:\njq: jq-\d{8}T\d{6}\.tar\.gz\n/,
  );
  const downloads = join(directory, 'connected/downloads');
  const files = readdirSync(downloads).filter((name) => name.endsWith('.tar.gz'));
  expect(files.map((name) => name.split('-')[0])).toEqual(['core1', 'jq', 'snapd']);

  // The air-gapped machine: it accepts the bundle key only after it is told to trust it.
  const paths = files.map((name) => join(downloads, name));
  const refused = await on('airgapped').run('push-snap', ...paths);
  expect(refused).toMatchObject({ status: 1, stdout: '' });
  expect(refused.stderr).toMatch(
    /^error: cannot push \S+\/core1-\S+: its manifest is signed by key "[-\w]{64}", which this store does not trust/,
  );
  const keyFile = join(directory, 'bundle-key.pem');
  writeFileSync(keyFile, await good('connected', 'config', 'proxy.bundle.key.public'));
  expect(await good('airgapped', 'config', `proxy.bundle.trusted-keys=@${keyFile}`)).toMatch(
    /^proxy\.bundle\.trusted-keys: [-\w]{64}\n$/,
  );
  await good('airgapped', 'config', 'proxy.bundle.require-signature=true');
  const jq = paths.find((path) => path.includes('/jq-')) ?? '';
  expect(await good('airgapped', 'push-snap', '--dry-run', jq)).toContain(
    '[snap jq] Would move latest/stable (amd64): empty -> 6, version 6.0',
  );
  // In a different order: bundles of one fetch have the same time.
  const pushed = await on('airgapped').run('push-snap', ...paths.toReversed());
  expect(pushed.stderr).not.toContain('warning');
  expect(pushed.stdout).toContain(
    '[snap jq] Uploaded snap blob and assertions for jq revision 6\n[snap jq] Channelmaps were successfully updated.\n',
  );
  expect(pushed.stderr).toMatch(
    /^\S+\/snapd-\S+: made today, \S+, from http:\/\/127\.0\.0\.1:\d+, signed by key [-\w]{64}\n/,
  );

  // Some days later: the inventory goes back, and only new files are fetched.
  const inventory = join(directory, 'inventory.json');
  writeFileSync(inventory, await good('airgapped', 'list-pushed-snaps', '--json'));
  await release({ name: 'jq', revision: 7, base: 'core1' });
  const exportDir = join(directory, 'second');
  mkdirSync(exportDir);
  const second = await good(
    'connected',
    'export',
    'snaps',
    'jq',
    '--have',
    inventory,
    '--export-dir',
    exportDir,
    '--single-file',
  );
  expect(second).toMatch(
    /Left out core1 revision 3 \(latest\/stable amd64\): the air-gapped store already has it\n[^]*Saved \d{7} bytes \(1 MB\) that the air-gapped store already has\.\n$/,
  );
  const [file = ''] = readdirSync(exportDir);
  expect(statSync(join(exportDir, file)).size).toBeLessThan(100_000);
  const report = JSON.parse(await good('airgapped', 'push-snap', '--json', join(exportDir, file))) as unknown;
  expect(report).toMatchObject({
    files: [
      {
        'dry-run': false,
        changed: true,
        bundle: { 'newer-seen': null },
        snaps: [
          { name: 'core1', revisions: [{ revision: 3, outcome: 'present' }] },
          {
            name: 'jq',
            revisions: [{ revision: 7, outcome: 'added' }],
            channels: [{ from: 6, to: 7, outcome: 'moved' }],
          },
          { name: 'snapd', revisions: [{ revision: 2, outcome: 'present' }] },
        ],
      },
    ],
  });
  // The bundle of the first day again: it is accepted, and no channel moves back.
  const late = await on('airgapped').run('push-snap', jq);
  expect(late.stdout).toContain('stays at revision 7: revision 6 is older');
  expect(late.stderr).toMatch(
    /\nwarning: \S+\/jq-\S+ is older than a bundle from \S+ that was pushed before: the one with jq was made \S+\n$/,
  );
});

it('carries the pictures of a listing, unless told not to', async () => {
  const bytes = png(1_234);
  await release({ name: 'drawn', revision: 1, base: 'none' }, { media: [{ type: 'icon', bytes }] });
  const fetch = async (...words: string[]) => {
    const printed = await good('connected', 'fetch-snaps', 'drawn', '--no-deps', '--json', ...words);
    const { bundles } = JSON.parse(printed) as { bundles: { path: string; snaps: object[] }[] };
    return { path: bundles[0]?.path ?? '', snap: bundles[0]?.snaps[0] };
  };
  const without = await fetch('--no-media');
  expect(without.snap).not.toHaveProperty('media');
  const { path, snap } = await fetch();
  const digest = sha3_384(bytes).toString('hex');
  expect(snap).toMatchObject({ name: 'drawn', media: [{ type: 'icon', size: 1_234, 'sha3-384': digest }] });
  expect(await good('airgapped', 'push-snap', without.path)).not.toContain('Media');
  expect(await good('airgapped', 'push-snap', '--dry-run', path)).toContain(
    '[snap drawn] Would show it with media: 1 icon\n',
  );
  const pushed = JSON.parse(await good('airgapped', 'push-snap', '--json', path)) as unknown;
  expect(pushed).toMatchObject({
    files: [{ changed: true, snaps: [{ media: [{ type: 'icon', 'sha3-384': digest }] }] }],
  });
  expect(await good('airgapped', 'push-snap', path)).toContain('Nothing changed');
});
