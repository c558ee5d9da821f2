import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import {
  MAX_SEARCHED_ASSERTIONS,
  MAX_SEARCHED_HEADERS,
  MAX_SEARCHED_VALUE_LENGTH,
} from '../../../src/assertions/assertion-search.service.js';
import type { Assertion } from '../../../src/assertions/format/assertion.js';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { MAX_ASSERTIONS_BODY_BYTES } from '../../../src/common/limits.js';
import { auditEventView } from '../../../src/management/audit/audit-event.view.js';
import { AuditService } from '../../../src/management/audit/audit.service.js';
import { Cli } from '../../support/cli.js';
import { TestStoreStack } from '../../support/store-stack.js';
import { AdminWorld, type AdminReply, type AdminRequest } from '../management/admin-world.js';

const MEDIA_TYPE = 'application/x.ubuntu.assertion';
const stack = new TestStoreStack();
const declarations = ['a', 'b', 'c'].map((letter) =>
  stack.snapDeclaration({
    snapId: letter.repeat(32),
    name: `snap-${letter}`,
    publisherId: letter === 'c' ? 'other' : 'publisher',
  }),
);
let world: AdminWorld;
let admin: string;

beforeAll(async () => {
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  world = await (await AdminWorld.start()).listen();
  admin = await world.token('admin', 'admin');
  await world.store.trust(stack.trusted());
});
afterAll(async () => {
  await world.stop();
  vi.restoreAllMocks();
});

async function ask(request: Partial<AdminRequest>, path = ''): Promise<AdminReply> {
  return await world.ask({ token: admin, ...request, path: `/admin/v1/assertions${path}` });
}

async function add(body: unknown, more: Partial<AdminRequest> = {}): Promise<AdminReply> {
  return await ask({ method: 'POST', body, headers: { 'content-type': MEDIA_TYPE }, ...more });
}

async function newest(limit = 1) {
  return (await world.store.app.get(AuditService).list(limit)).map(auditEventView);
}

const stream = (...assertions: readonly Assertion[]) => encodeStream(assertions);

it('a stream is verified and added as a whole, in any order', async () => {
  const chain = stack.chain(...declarations);
  const added = await add(stream(...chain.toReversed()));
  const items = added.json['items'] as { type: string; added: boolean }[];
  expect([added.status, items.length, items.every((one) => one.added)]).toEqual([201, chain.length, true]);
  expect(await newest()).toMatchObject([
    {
      actor: { kind: 'token', name: 'admin' },
      action: 'assertion.add',
      subject: `${chain.length} assertions`,
      after: { count: chain.length },
    },
  ]);
  const again = await add(stream(...chain));
  expect((again.json['items'] as { added: boolean }[]).some((one) => one.added)).toBe(false);
  const [row] = await newest();
  expect(JSON.stringify(row?.after)).toContain(`snap-declaration/16/${'a'.repeat(32)}/0`);
});

it('the command writes the same into the audit trail', async () => {
  const path = join(world.store.directory, 'one.assert');
  const account = stack.account('by-command');
  await writeFile(path, stream(account));
  await new Cli(() => world.store.dataDir).ok('ack', path);
  expect(await newest()).toMatchObject([
    { actor: { kind: 'machine', name: 'root' }, action: 'assertion.add', subject: 'account/by-command/0' },
  ]);
});

it('nothing is added where one of them is not signed by whom it says, is cut off, or is no assertion', async () => {
  const forged = new TestStoreStack({ authorityId: 'forger' });
  const state = await world.store.state();
  const bytes = stream(stack.account('good'), forged.account('bad'));
  for (const body of [
    bytes,
    bytes.subarray(0, -40),
    Buffer.from('hello'),
    Buffer.from([0xff, 0xfe]),
    Buffer.from('\n'),
  ]) {
    const refused = await add(body);
    expect([refused.status, refused.json['code']]).toEqual([400, 'invalid-assertion']);
    expect(refused.json['detail']).toMatch(/^cannot add assertions: [^\n]+$/);
  }
  expect({ ...(await world.store.state()), api_token: [] }).toEqual({ ...state, api_token: [] });
});

it('only the media type of assertions is taken', async () => {
  for (const type of ['text/plain', 'application/json', 'application/x-www-form-urlencoded'])
    expect((await add('{}', { headers: { 'content-type': type } })).status).toBe(415);
  expect((await ask({ method: 'POST' })).status).toBe(415);
});

it('a stream of the largest size is read, and one that is larger is not', async () => {
  const padded = (length: number) => Buffer.concat([Buffer.alloc(length - 2, '\n'), Buffer.from('x\n')]);
  expect((await add(padded(MAX_ASSERTIONS_BODY_BYTES))).json['code']).toBe('invalid-assertion');
  expect((await add(padded(MAX_ASSERTIONS_BODY_BYTES + 1))).json['code']).toBe('too-large');
});

it('one is read as it was signed, or as JSON', async () => {
  const [declaration] = declarations;
  const path = `/snap-declaration/16/${'a'.repeat(32)}`;
  const signed = await ask({ headers: { accept: MEDIA_TYPE } }, path);
  expect([signed.status, signed.headers['content-type'], signed.text]).toEqual([
    200,
    MEDIA_TYPE,
    declaration?.bytes.toString(),
  ]);
  const json = await ask({}, path);
  expect([json.status, json.json]).toMatchObject([
    200,
    {
      type: 'snap-declaration',
      'primary-key': ['16', 'a'.repeat(32)],
      revision: 0,
      format: 0,
      'authority-id': stack.authorityId,
      headers: { 'snap-name': 'snap-a', 'publisher-id': 'publisher' },
      body: '',
    },
  ]);
  expect((await ask({}, `/snap-declaration/16/${'z'.repeat(32)}`)).status).toBe(404);
  expect((await ask({}, '/snap-declaration/16')).status).toBe(400);
  expect((await ask({}, '/planet/16')).status).toBe(404);
});

it('they are found by type and headers', async () => {
  const found = async (query: string) => {
    const { status, json } = await ask({}, `?type=snap-declaration${query}`);
    return [
      status,
      (json['items'] as { 'primary-key': string[] }[]).map((one) => one['primary-key'][1]?.[0]),
    ];
  };
  expect(await found('')).toEqual([200, ['a', 'b', 'c']]);
  expect(await found('&header=publisher-id=publisher')).toEqual([200, ['a', 'b']]);
  expect(await found('&header=publisher-id=publisher&header=snap-name=snap-b')).toEqual([200, ['b']]);
  expect(await found(`&header=snap-id=${'c'.repeat(32)}`)).toEqual([200, ['c']]);
  expect(await found('&header=snap-name=nothing')).toEqual([200, []]);
  expect(await found('&header=snap-name=snap')).toEqual([200, []]);
  expect((await ask({}, '?type=planet')).status).toBe(404);
  expect((await ask({})).status).toBe(400);
});

it('come in pages, and a search by headers looks at a limited number for each', async () => {
  // By their rows alone: to sign ten thousand takes minutes.
  await world.query(`insert into assertion (type, primary_key, assertion_revision, format, sign_key_id, bytes)
    select type, array[name], 0, format, sign_key_id, convert_to(replace(convert_from(bytes, 'UTF8'), 'publisher', name), 'UTF8')
    from (select 'generated-' || lpad(i::text, 6, '0') as name from generate_series(1, ${MAX_SEARCHED_ASSERTIONS}) i) named,
      (select * from assertion where type = 'account' and primary_key = '{publisher}') one`);
  const pages = async (query: string) => {
    const counts: number[] = [];
    for (let after = ''; ;) {
      const { json } = await ask({}, `?type=account&limit=1000${query}${after}`);
      counts.push((json['items'] as unknown[]).length);
      if (typeof json['next'] !== 'string') return counts;
      after = `&after=${json['next']}`;
    }
  };
  const all = await pages('');
  expect(all.slice(0, -1)).toEqual(Array.from({ length: 10 }, () => 1_000));
  expect(await pages('&header=username=other')).toEqual([0, 1]);
});

it('one is removed where nothing depends on it; a dry run changes nothing', async () => {
  const account = stack.account('removable');
  await add(stream(account));
  const path = '/account/removable';
  const { etag = '' } = (await ask({}, path)).headers;
  const dry = await ask({ method: 'DELETE' }, `${path}?dry-run=true`);
  expect([dry.status, dry.json]).toEqual([
    200,
    { type: 'account', 'primary-key': ['removable'], revisions: [0], 'dry-run': true },
  ]);
  expect((await ask({ method: 'DELETE', headers: { 'if-match': '"other"' } }, path)).status).toBe(412);
  const removed = await ask({ method: 'DELETE', headers: { 'if-match': etag } }, path);
  expect([removed.status, removed.json['dry-run']]).toEqual([200, false]);
  await world.store.heard();
  expect((await ask({}, path)).status).toBe(404);
  expect((await ask({ method: 'DELETE' }, path)).status).toBe(404);
  expect(await newest()).toMatchObject([
    {
      action: 'assertion.remove',
      subject: 'account/removable',
      before: { revisions: [0], headers: { 'account-id': 'removable' } },
      after: null,
    },
  ]);
  const used = await ask({ method: 'DELETE' }, '/account/publisher');
  expect([used.status, used.json['code']]).toEqual([409, 'conflict']);
  const root = await ask({ method: 'DELETE' }, `/account/${stack.authorityId}`);
  expect([root.status, root.json['code']]).toEqual([403, 'forbidden']);
});

it('a viewer reads, an operator adds as with push-snap, an admin removes', async () => {
  const path = '/account/publisher';
  const viewer = await world.token('viewer', 'viewer');
  const operator = await world.token('operator', 'operator');
  const importing = await world.token('importing', 'operator', ['import']);
  expect((await ask({ token: viewer }, path)).status).toBe(200);
  expect((await ask({ token: importing }, path)).status).toBe(403);
  expect((await ask({ token: undefined }, path)).status).toBe(401);
  const body = stream(stack.account('by-operator'));
  expect((await add(body, { token: viewer })).status).toBe(403);
  for (const token of [operator, importing]) {
    expect((await add(body, { token })).status).toBe(201);
    expect((await ask({ token, method: 'DELETE' }, path)).status).toBe(403);
  }
});

it('the limits of a search hold on both sides', async () => {
  const headers = (count: number) => '&header=username=other'.repeat(count);
  expect((await ask({}, `?type=model${headers(MAX_SEARCHED_HEADERS)}`)).status).toBe(200);
  expect((await ask({}, `?type=model${headers(MAX_SEARCHED_HEADERS + 1)}`)).status).toBe(400);
  const value = 'v'.repeat(MAX_SEARCHED_VALUE_LENGTH);
  expect((await ask({}, `?type=model&header=a=${value}`)).status).toBe(200);
  expect((await ask({}, `?type=model&header=a=${value}v`)).status).toBe(400);
});

it.each([
  ['GET', '?type=account&header=no-value', 400],
  ['GET', '?type=account&header=Upper=x', 400],
  ['GET', '?type=account&header[x]=y', 400],
  ['GET', '?type=account&type=model', 400],
  ['GET', '?type=account&after=WyJ4Il0', 400],
  ['GET', `?type=account&after=${Buffer.from(JSON.stringify(['[1]'])).toString('base64url')}`, 400],
  ['GET', `?type=account&after=${Buffer.from(JSON.stringify(['["a\\u0000"]'])).toString('base64url')}`, 200],
  ['GET', '?type=account&header=username=%00', 200],
  ['GET', `?type=account&header=username=${encodeURIComponent("x' or 1=1 --")}`, 200],
  ['GET', '/account/%00', 404],
  ['GET', '/account/%ff', 400],
  ['GET', '/account/..%2f..%2fetc', 404],
  ['GET', '/account/%3Cscript%3E', 404],
  ['GET', `/account/${'x'.repeat(1_024)}`, 404],
  ['DELETE', '/account/%00', 404],
  ['DELETE', '/account/publisher?dry-run=perhaps', 400],
  ['DELETE', '/validation-set/16/brand/name', 400],
] as const)('%s assertions%s is answered with %i', async (method, path, status) => {
  expect((await ask({ method }, path)).status).toBe(status);
});
