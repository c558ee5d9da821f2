import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeStream } from '../../../src/assertions/format/stream.js';
import { digestToHex, sha3_384 } from '../../../src/common/crypto/digest.js';
import { verifyChain } from '../../../src/sandbox/verify-chain.js';
import { Sandbox } from '../../support/sandbox.js';
import { post } from './client.js';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await Sandbox.start();
});
afterAll(async () => await sandbox.stop());

interface Download {
  readonly url: string;
  readonly size: number;
  readonly 'sha3-384': string;
}

interface Offered {
  readonly name: string;
  readonly revision: number;
  readonly version: string;
  readonly base?: string;
  readonly publisher: { readonly id: string };
  readonly download: Download;
  readonly resources: readonly { readonly download: Download }[];
}

const FIELDS = ['name', 'revision', 'version', 'base', 'publisher', 'download', 'resources'];

async function offer(name: string, channel = 'latest/stable', architecture = 'amd64'): Promise<Offered> {
  const { body } = await post(
    `${sandbox.url}/v2/snaps/refresh`,
    {
      context: [],
      actions: [{ action: 'install', 'instance-key': 'i', name, channel, epoch: null }],
      fields: FIELDS,
    },
    { 'snap-device-architecture': architecture, 'snap-device-series': '16' },
  );
  const [result] = body['results'] as { result: string; snap: Offered }[];
  expect(result?.result, JSON.stringify(body)).toBe('install');
  return (result as { snap: Offered }).snap;
}

describe('the sandbox', () => {
  it.each([
    ['latest/stable', 'amd64', 3, '1.1'],
    ['latest/stable', 'arm64', 4, '1.1'],
    ['latest/edge', 'amd64', 5, '2.0'],
    ['latest/edge', 'arm64', 6, '2.0'],
    ['2.0/stable', 'arm64', 6, '2.0'],
    ['1.0/stable', 'amd64', 1, '1.0'],
  ])('serves sandbox-hello in %s for %s as revision %d', async (channel, architecture, revision, version) => {
    expect(await offer('sandbox-hello', channel, architecture)).toMatchObject({
      revision,
      version,
      base: 'sandbox-base',
      publisher: { id: 'sandbox-publisher' },
    });
  });

  it.each([
    ['snapd', 'sandbox-publisher'],
    ['sandbox-base', 'sandbox-publisher'],
    ['sandbox-greetings', 'sandbox-publisher'],
    ['sandbox-notes', 'sandbox-second'],
    ['sandbox-hello', 'sandbox-publisher'],
  ])('serves %s of %s, which verifies up to the root', async (name, publisherId) => {
    const { publisher, download } = await offer(name);
    expect(publisher.id).toBe(publisherId);
    const bytes = Buffer.from(await (await fetch(download.url)).arrayBuffer());
    const digest = sha3_384(bytes);
    expect(digestToHex(digest)).toBe(download['sha3-384']);
    const chain = await verifyChain(sandbox.url, digest, decodeStream(readFileSync(sandbox.rootFile)));
    expect(chain.at(-1)).toMatch(/\(trusted\)$/);
  });

  it('finds and describes them', async () => {
    const found = await (await fetch(`${sandbox.url}/v2/snaps/find?q=sandbox&fields=title`)).json();
    expect((found as { results: unknown[] }).results.length).toBeGreaterThanOrEqual(4);
    const info = await fetch(`${sandbox.url}/v2/snaps/info/sandbox-hello?fields=snap-yaml`);
    expect(JSON.stringify(await info.json())).toContain('default-provider: sandbox-greetings');
  });
});

it('offers sandbox-notes with a component, and sends it', async () => {
  const { resources } = await offer('sandbox-notes', 'latest/edge');
  expect(resources).toMatchObject([
    { type: 'component/standard', name: 'sketches', revision: 1, version: '2' },
  ]);
  const download = resources[0]?.download;
  const bytes = Buffer.from(await (await fetch(download?.url ?? '')).arrayBuffer());
  expect(digestToHex(sha3_384(bytes))).toBe(download?.['sha3-384']);
});

it('lists sandbox-hello with pictures, and sends them', async () => {
  const info = await fetch(`${sandbox.url}/v2/snaps/info/sandbox-hello?fields=media`);
  const { snap } = (await info.json()) as { snap: { media: { type: string; url: string }[] } };
  expect(snap.media).toMatchObject([
    { type: 'icon', width: 128, height: 128 },
    { type: 'screenshot', width: 320, height: 180 },
    { type: 'banner', width: null, height: null },
  ]);
  const answers = await Promise.all(snap.media.map(async ({ url }) => await fetch(url)));
  expect(answers.map(({ status, headers }) => [status, headers.get('content-type')])).toEqual([
    [200, 'image/png'],
    [200, 'image/png'],
    [200, 'image/svg+xml'],
  ]);
});

describe('a download', () => {
  it('is redirected, and can resume from a byte there', async () => {
    const { download } = await offer('sandbox-hello');
    const first = await fetch(download.url, { redirect: 'manual' });
    expect(first.status).toBe(302);
    const { pathname } = new URL(download.url);
    expect(first.headers.get('location')).toBe(`/content${pathname}`);
    const part = await fetch(download.url, { headers: { range: 'bytes=4000-' } });
    expect(part.status).toBe(206);
    expect((await part.arrayBuffer()).byteLength).toBe(download.size - 4_000);
    const head = await fetch(download.url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(download.size)]);
  });
});

it('serves the same after a restart, and does not redirect if told not to', async () => {
  const before = await offer('sandbox-hello');
  const info = async () => await (await fetch(`${sandbox.url}/v2/snaps/info/sandbox-hello`)).json();
  const described = await info();
  const assertion = `${sandbox.url}/v2/assertions/snap-declaration/16/SandboxHelloSandboxHelloSandbo03`;
  const signed = await (await fetch(assertion)).text();
  await sandbox.restart('--no-redirect');
  expect(await offer('sandbox-hello')).toEqual(before);
  expect(await info()).toEqual(described);
  expect(await (await fetch(assertion)).text()).toBe(signed);
  expect((await fetch(before.download.url, { redirect: 'manual' })).status).toBe(200);
});
