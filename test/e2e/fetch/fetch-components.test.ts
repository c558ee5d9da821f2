import { writeFile } from 'node:fs/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { openInput } from '../../../src/bundles/reading/open-input.js';
import { digestToBase64url } from '../../../src/common/crypto/digest.js';
import type { FetchReport } from '../../../src/fetch/fetch.service.js';
import { readInventory } from '../../../src/fetch/inventory-file.js';
import { Cli } from '../../support/cli.js';
import { Fetching } from '../../support/fetching.js';
import { StoreApp } from '../../support/store-app.js';
import {
  TestPublisher,
  writeWithComponents,
  type TestComponent,
  type TestSnap,
} from '../../support/test-snaps.js';

const publisher = new TestPublisher();
let fetching: Fetching;
let airgapped: StoreApp;
let snap: TestSnap;
let docs: TestComponent;
let wifi: TestComponent;

beforeAll(async () => {
  fetching = await Fetching.start(publisher);
  airgapped = await StoreApp.start();
  await airgapped.trust(publisher.stack.trusted());
  const components = 'components:\n  docs: {type: standard}\n  wifi: {type: kernel-modules}\n';
  snap = publisher.snap({ name: 'parts', revision: 7, yaml: `base: none\n${components}` });
  docs = publisher.component(snap, { name: 'docs', revision: 3 });
  wifi = publisher.component(snap, { name: 'wifi', revision: 1, type: 'kernel-modules' });
  await fetching.upstream.push(await writeWithComponents(fetching.upstream.directory, snap, [docs, wifi]));
});
afterAll(async () => {
  await airgapped.stop();
  await fetching.stop();
});
afterEach(() => {
  fetching.passOn();
});

const fetchParts = async (recipe: object = {}) =>
  await fetching.fetch(['parts'], { withNeeds: false, ...recipe });

async function entriesOf({ bundles: [bundle] }: FetchReport): Promise<string[]> {
  const input = await openInput(bundle?.path ?? '');
  const names: string[] = [];
  for await (const file of input.files(() => undefined)) {
    names.push(file.path);
    for await (const chunk of file.content) void chunk;
  }
  return names;
}

async function manifestOf({ bundles: [bundle] }: FetchReport): Promise<{ format: number; snaps: object[] }> {
  const input = await openInput(bundle?.path ?? '');
  for await (const file of input.files(() => undefined)) {
    const chunks: Buffer[] = [];
    for await (const chunk of file.content) chunks.push(Buffer.from(chunk));
    if (file.path === 'manifest.json')
      return JSON.parse(Buffer.concat(chunks).toString()) as { format: number; snaps: object[] };
  }
  throw new Error('no manifest');
}

/** Answers as the upstream store does, with the text of refresh answers changed. */
function answerWith(edit: (text: string) => string): void {
  fetching.between.answer = async (asked, reply) => {
    const { status, headers, body } = await fetching.ask(asked);
    const text = asked.path.startsWith('/v2/snaps/refresh') ? edit(body.toString()) : body;
    const { 'content-length': _, ...others } = headers;
    reply.writeHead(status, others).end(text);
  };
}

it('fetches the components of a snap, and another store imports them', async () => {
  const report = await fetchParts();
  expect(fetching.said).toContain('Downloading parts+docs revision 3');
  expect(await entriesOf(report)).toEqual([
    'manifest.json',
    'parts/assertions.assert',
    'parts/metadata.json',
    'parts/channel-map.json',
    'parts/parts_7.snap',
    'parts/parts+docs_3.comp',
    'parts/parts+wifi_1.comp',
  ]);
  const components = [
    { name: 'docs', revision: 3 },
    { name: 'wifi', revision: 1 },
  ];
  expect(await manifestOf(report)).toMatchObject({ format: 2, snaps: [{ components }] });
  for (const key of [
    `snap-resource-revision/${snap.snapId}/docs/${digestToBase64url(docs.digest)}`,
    `snap-resource-pair/${snap.snapId}/docs/3/7`,
  ])
    expect(fetching.paths()).toContainEqual(expect.stringContaining(`/v2/assertions/${key}`));

  const pushed = await airgapped.push(report.bundles[0]?.path ?? '');
  expect(pushed.snaps[0]?.components).toEqual(components.map((one) => ({ ...one, outcome: 'added' })));
  for (const [name, component] of [
    ['docs_3', docs],
    ['wifi_1', wifi],
  ] as const) {
    const url = `/api/v1/snaps/download/${snap.snapId}.${name}.comp`;
    expect((await airgapped.app.inject({ url })).rawPayload.equals(component.bytes)).toBe(true);
  }
});

it('leaves them out with --no-components', async () => {
  const report = await fetchParts({ withComponents: false });
  expect(await entriesOf(report)).not.toContainEqual(expect.stringMatching(/comp$/));
  expect((await manifestOf(report)).format).toBe(1);
});

it('leaves out those that the air-gapped store has, and that store imports the rest', async () => {
  const listed = await new Cli(() => airgapped.dataDir).run('list-pushed-snaps', '--json');
  const file = `${airgapped.directory}/inventory.json`;
  await writeFile(file, listed.stdout);
  const newer = publisher.component(snap, { name: 'docs', revision: 4 });
  await fetching.upstream.push(
    await writeWithComponents(
      fetching.upstream.directory,
      snap,
      [newer],
      [...snap.assertions, ...newer.assertions],
    ),
  );
  const inventory = await readInventory(file);
  const report = await fetchParts({ inventory });
  expect(fetching.said).toContain('Left out parts+wifi revision 1: the air-gapped store already has it');
  expect(await entriesOf(report)).toEqual([
    'manifest.json',
    'parts/assertions.assert',
    'parts/metadata.json',
    'parts/channel-map.json',
    'parts/parts+docs_4.comp',
  ]);
  expect(report.savedBytes).toBe(snap.sizeBytes + wifi.sizeBytes);

  const path = report.bundles[0]?.path ?? '';
  const before = await fetching.store.state();
  // A store that has neither names the missing file and imports nothing.
  await expect(fetching.store.push(path)).rejects.toThrow(
    /its file was left out, but this store does not have it/,
  );
  expect(await fetching.store.state()).toEqual(before);
  expect((await airgapped.push(path)).snaps[0]?.components).toEqual([
    { name: 'wifi', revision: 1, outcome: 'present' },
    { name: 'docs', revision: 4, outcome: 'added' },
  ]);
});

it('refuses a component that does not match its assertion, and keeps no bundle', async () => {
  answerWith((text) => text.replace('"name":"docs","revision":4', '"name":"docs","revision":5'));
  await expect(fetchParts()).rejects.toThrow(
    `cannot fetch snap-resource-pair ${snap.snapId}/docs/5/7/global-upload: the upstream store does not have it`,
  );
  answerWith((text) => text.replace(/("name":"wifi".*?"size":)\d+/, '$11'));
  await expect(fetchParts()).rejects.toThrow(
    `cannot fetch component parts+wifi revision 1: its assertion does not match (revision 1, ${wifi.sizeBytes} bytes)`,
  );
  answerWith((text) => text.replace(/("name":"wifi".*?)"sha3-384":"[0-9a-f]{96}"/, '$1"sha3-384":"00"'));
  await expect(fetchParts()).rejects.toThrow('component wifi of snap parts has no SHA3-384');
  answerWith((text) => text.replace('"name":"wifi"', '"name":"W!"'));
  await expect(fetchParts()).rejects.toThrow('a component of snap parts has no name or no revision');
});

it('skips resources that are not components', async () => {
  answerWith((text) => text.replaceAll('"type":"component/', '"type":"image/'));
  const report = await fetchParts();
  expect(report.bundles[0]?.snaps[0]?.components).toEqual([]);
});

it('refuses a download other than the offered one', async () => {
  const inner = fetching.between.answer;
  fetching.between.answer = async (asked, reply) => {
    if (!asked.path.includes('.wifi_1.comp')) return await inner(asked, reply);
    reply.writeHead(200).end(Buffer.alloc(wifi.sizeBytes));
  };
  await expect(fetchParts()).rejects.toThrow(
    'cannot fetch component parts+wifi revision 1: the downloaded file does not match its assertion',
  );
});

it('refuses an inventory with invalid components', async () => {
  const file = `${airgapped.directory}/odd.json`;
  const snapOf = (components: unknown) => ({ snaps: [{ 'snap-id': 'x', revisions: [], components }] });
  for (const [components, says] of [
    [{}, 'the components of a snap are not a list'],
    [[{ name: 'docs' }], 'a revision has no number'],
  ] as const) {
    await writeFile(file, JSON.stringify(snapOf(components)));
    await expect(readInventory(file)).rejects.toThrow(says);
  }
});
