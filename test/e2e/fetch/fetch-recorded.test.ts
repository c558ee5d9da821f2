import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { digestFromHex } from '../../../src/common/crypto/digest.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { Fetching } from '../../support/fetching.js';
import { hasReal } from '../../support/real.js';
import { Replay } from '../../support/replay.js';
import { StoreApp } from '../../support/store-app.js';
import { TestPublisher } from '../../support/test-snaps.js';

// The recorded session holds answers and signed documents, not the snaps themselves: the other store "has" those.
const CORE = {
  snapId: '99T7MUlRhtI3U0QFgl5mXXESAiSwt776',
  revision: 14430,
  sha3: '10360da83de8b75b9a5411fcb804a7036fa6d7d17c4cfc29c2b2082624d2da3196dba59538cbfa38031370e6905db9e7',
};

interface RecordedResult {
  readonly 'snap-id': string;
  readonly snap: { readonly revision: number; readonly download: { readonly 'sha3-384': string } };
}

describe.skipIf(!hasReal)('the recorded traffic of the official store (skipped if it is missing)', () => {
  let fetching: Fetching;
  let store: StoreApp;
  const replay = new Replay();

  beforeAll(async () => {
    fetching = await Fetching.start(new TestPublisher());
    // This store trusts only Canonical's own root.
    store = await StoreApp.start();
    await store.app.get(SettingsService).set([['proxy.upstream', fetching.between.url.href]]);
  });
  afterAll(async () => {
    await store.stop();
    await fetching.stop();
  });
  beforeEach(() => {
    fetching.passOn();
    fetching.between.answer = (asked, reply) => {
      if (!replay.answer(asked, reply))
        reply.writeHead(404, { 'content-type': 'application/json' }).end('{}');
    };
  });

  const holding = (snaps: readonly { snapId: string; revision: number; sha3: string }[]) =>
    new Map(snaps.map(({ snapId, revision, sha3 }) => [snapId, new Map([[revision, digestFromHex(sha3)]])]));
  const fetch = async (
    names: readonly string[],
    inventory: ReturnType<typeof holding>,
    channels = ['stable'],
  ) => await fetching.fetch(names, { by: store, channels, inventory, withNeeds: false });

  it('writes a bundle of core from edge, with the bytes that Canonical signed', async () => {
    const { bundles } = await fetch(['core'], holding([CORE]), ['edge']);
    const [core] = bundles[0]?.snaps ?? [];
    expect(core).toMatchObject({
      name: 'core',
      snapId: CORE.snapId,
      releases: [
        {
          architecture: 'amd64',
          channel: { track: 'latest', risk: 'edge' },
          revision: 14430,
          releasedAt: new Date('2022-11-29T00:18:31.007Z'),
        },
      ],
    });
    expect(core?.assertions.map(({ type }) => type.name)).toEqual([
      'account-key',
      'snap-declaration',
      'snap-revision',
    ]);
    const recorded = replay.recordings
      .filter(({ name }) => /^(?:05|07|09)-/.test(name))
      .map(({ body }) => body.toString());
    const stream = encodeStream(core?.assertions ?? []).toString();
    expect(recorded).toHaveLength(3);
    for (const body of recorded) expect(stream).toContain(body);
    // The same paths that snapd requested.
    for (const { path, name } of replay.recordings.filter((one) => /^(?:05|07|09)-/.test(one.name)))
      expect(
        fetching.paths().map((asked) => asked.split('?')[0]),
        name,
      ).toContain(`GET ${path}`);
  });

  it('resolves three snaps of two publishers in one request', async () => {
    const answer = replay.recordings.find(({ names }) => names.includes('hello-world'));
    const { results } = JSON.parse(answer?.body.toString() ?? '{}') as { results: RecordedResult[] };
    const inventory = holding(
      results.map((result) => ({
        snapId: result['snap-id'],
        revision: result.snap.revision,
        sha3: result.snap.download['sha3-384'],
      })),
    );
    const { bundles, savedBytes } = await fetch(
      ['hello-world', 'go-example-webserver', 'test-snapd-tools'],
      inventory,
    );
    expect(bundles.map(({ name, snaps }) => [name, snaps[0]?.revisions[0]?.revision])).toEqual([
      ['hello-world', 29],
      ['go-example-webserver', 25],
      ['test-snapd-tools', 9],
    ]);
    expect(savedBytes).toBeGreaterThan(1_851_392);
    expect(bundles[2]?.snaps[0]?.assertions.map(({ type }) => type.name)).toContain('account');
  });

  it.each(['05', '07', '09'])('refuses it if one bit of document %s differs', async (number) => {
    fetching.between.answer = (asked, reply) => {
      const found = replay.answer(asked, reply, (body) => {
        const isIt = replay.recordings.some((one) => one.name.startsWith(`${number}-`) && one.body === body);
        if (!isIt) return body;
        // A bit inside the signature, which is the last block.
        const changed = Buffer.from(body);
        const at = changed.length - 200;
        changed[at] = changed[at] === 0x41 ? 0x42 : 0x41;
        return changed;
      });
      if (!found) reply.writeHead(404).end();
    };
    await expect(fetch(['core'], holding([CORE]), ['edge'])).rejects.toThrow(/^cannot (?:verify|decode) /);
  });
});
