import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { AssertionsService } from '../../../src/assertions/assertions.service.js';
import { publicKeyId } from '../../../src/assertions/format/keys.js';
import { privatePem } from '../../../src/common/crypto/pem.js';
import {
  MAX_API_KEY_LENGTH,
  MAX_HARDWARE_ISSUERS,
  MAX_REMODEL_FROM,
  MIN_API_KEY_LENGTH,
} from '../../../src/devices/device-models.service.js';
import { MAX_KEY_NAME_LENGTH, SigningKeysService } from '../../../src/keys/signing-keys.service.js';
import { auditEventView } from '../../../src/management/audit/audit-event.view.js';
import { AuditService } from '../../../src/management/audit/audit.service.js';
import { Cli } from '../../support/cli.js';
import { TestStoreStack } from '../../support/store-stack.js';
import { AdminWorld, type AdminReply, type AdminRequest } from '../management/admin-world.js';

const API_KEY = 'verysecretapikey12';
const stack = new TestStoreStack();
let world: AdminWorld;
let admin: string;

beforeAll(async () => {
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  world = await (await AdminWorld.start()).listen();
  admin = await world.token('admin', 'admin');
  await world.store.trust(stack.trusted());
  const models = [
    stack.model(),
    stack.model({ model: 'kiosk' }),
    stack.model({ brandId: 'other', model: 'kiosk' }),
  ];
  await world.store.app.get(AssertionsService).addAll(stack.chain(...models));
  const file = join(world.store.directory, 'brand.pem');
  writeFileSync(file, privatePem(stack.key('brand brand')));
  await world.store.app.get(SigningKeysService).create('brand-key', { file });
});
afterAll(async () => {
  await world.stop();
  vi.restoreAllMocks();
});

async function ask(request: AdminRequest): Promise<AdminReply> {
  return await world.ask({ token: admin, ...request, path: `/admin/v1/${request.path}` });
}

async function post(path: string, body: unknown): Promise<AdminReply> {
  return await ask({ method: 'POST', path, body });
}

async function newest(limit = 1) {
  return (await world.store.app.get(AuditService).list(limit)).map(auditEventView);
}

it('a key is generated, shown and listed by its public half alone', async () => {
  const made = await post('keys', { name: 'serials' });
  expect([made.status, made.json]).toEqual([
    201,
    {
      name: 'serials',
      'sha3-384': expect.stringMatching(/^[\w-]{64}$/) as string,
      'account-id': null,
      token: false,
      'public-key': expect.any(String) as string,
    },
  ]);
  expect((await ask({ path: 'keys/serials' })).json).toEqual(made.json);
  const listed = await ask({ path: 'keys' });
  expect(listed.json).toMatchObject({
    items: [
      { name: 'brand-key', 'account-id': 'brand', 'sha3-384': publicKeyId(stack.key('brand brand')) },
      { name: 'serials' },
    ],
    next: null,
  });
  expect(await newest()).toMatchObject([
    { action: 'key.create', subject: 'serials', before: null, after: made.json },
  ]);
  for (const text of [made.text, listed.text, JSON.stringify(await newest(2))])
    expect(text).not.toContain('PRIVATE');
  expect((await post('keys', { name: 'serials' })).status).toBe(409);
  expect((await ask({ path: 'keys/none' })).status).toBe(404);
});

it('a model is registered, replaced and read; its API key is nowhere', async () => {
  const made = await post('models', { name: 'my-model', 'api-key': API_KEY });
  const view = {
    'brand-id': 'brand',
    name: 'my-model',
    'has-api-key': true,
    'remodel-from': [],
    'max-serials': 10_000,
    'hardware-issuers': [],
    'signing-key': null,
  };
  expect([made.status, made.json]).toEqual([201, view]);
  expect((await post('models', { name: 'my-model', 'api-key': null })).status).toBe(409);
  const read = await ask({ path: 'models/brand/my-model' });
  const etag = read.headers['etag'] ?? '';
  const put = async (body: object, headers: Record<string, string>) =>
    await ask({ method: 'PUT', path: 'models/brand/my-model', body, headers });
  const replaced = await put({ 'api-key': `${API_KEY}x`, 'max-serials': 7 }, { 'if-match': etag });
  expect([replaced.status, replaced.json]).toEqual([200, { ...view, 'max-serials': 7 }]);
  expect((await put({ 'api-key': null }, { 'if-match': etag })).status).toBe(412);
  const rows = await newest(2);
  expect(rows).toMatchObject([
    {
      action: 'model.replace',
      subject: 'brand/my-model',
      before: { 'max-serials': 10_000 },
      after: { 'max-serials': 7, 'has-api-key': true, 'api-key': 'changed' },
    },
    { action: 'model.create', subject: 'brand/my-model', before: null, after: { 'has-api-key': true } },
  ]);
  for (const text of [made.text, read.text, replaced.text, JSON.stringify(rows)])
    expect(text).not.toContain(API_KEY);
});

it('a model needs its assertion, its brand where it is not clear, and a word on the API key', async () => {
  const said = async (body: object) => {
    const { status, json } = await post('models', body);
    return [status, json['code'], json['detail']];
  };
  expect(await said({ name: 'none', 'api-key': null })).toEqual([
    404,
    'not-found',
    expect.stringContaining('none'),
  ]);
  expect(await said({ name: 'kiosk', 'api-key': null })).toEqual([
    409,
    'conflict',
    expect.stringContaining('several brands'),
  ]);
  expect(await said({ name: 'kiosk', 'brand-id': 'other' })).toEqual([
    400,
    'invalid-request',
    'cannot create model: give api-key, or null for none',
  ]);
  expect(
    await said({ name: 'kiosk', 'brand-id': 'other', 'api-key': API_KEY, 'hardware-issuers': ['brand'] }),
  ).toEqual([400, 'invalid-request', expect.stringContaining('not both')]);
  expect(await said({ name: 'kiosk', 'brand-id': 'other', 'hardware-issuers': ['brand'] })).toEqual([
    201,
    undefined,
    undefined,
  ]);
});

it('a serial policy names the key that signs, and the newest applies', async () => {
  const made = await post('serial-policies', { model: 'my-model', 'signing-key': 'brand-key' });
  const policy = { 'brand-id': 'brand', model: 'my-model', revision: 1, 'signing-key': 'brand-key' };
  expect([made.status, made.json]).toEqual([201, policy]);
  expect(await newest()).toMatchObject([
    {
      action: 'serial-policy.create',
      subject: 'brand/my-model',
      before: { 'signing-key': null },
      after: policy,
    },
  ]);
  await new Cli(() => world.store.dataDir).ok(
    'create',
    'serial-policy',
    '--model',
    'my-model',
    '--key',
    'brand-key',
  );
  expect(await newest()).toMatchObject([
    {
      actor: { kind: 'machine', name: 'root' },
      before: { 'signing-key': 'brand-key' },
      after: { revision: 2 },
    },
  ]);
  const pages = [await ask({ path: 'serial-policies?limit=1' })];
  pages.push(await ask({ path: `serial-policies?limit=1&after=${String(pages[0]?.json['next'])}` }));
  expect(pages.map(({ json }) => json)).toMatchObject([
    { items: [policy] },
    { items: [{ ...policy, revision: 2 }], next: null },
  ]);
  expect((await ask({ path: 'models/brand/my-model' })).json['signing-key']).toBe('brand-key');
  expect((await post('serial-policies', { model: 'my-model', 'signing-key': 'nobodys' })).json).toMatchObject(
    { code: 'not-found' },
  );
  expect((await post('serial-policies', { model: 'none', 'signing-key': 'brand-key' })).status).toBe(404);
});

it('a viewer reads; only an admin with the scope creates', async () => {
  const viewer = await world.token('viewer', 'viewer');
  const operator = await world.token('operator', 'operator');
  const grouping = await world.token('grouping', 'admin', ['group']);
  const setting = await world.token('setting', 'admin', ['setting']);
  const changes = [
    ['POST', 'keys', { name: 'mine' }],
    ['POST', 'models', { name: 'my-model', 'api-key': null }],
    ['PUT', 'models/brand/my-model', { 'api-key': null }],
    ['POST', 'serial-policies', { model: 'my-model', 'signing-key': 'brand-key' }],
  ] as const;
  for (const [method, path, body] of changes) {
    for (const token of [viewer, operator, grouping])
      expect([path, (await ask({ token, method, path, body })).status]).toEqual([path, 403]);
    expect((await ask({ token: undefined, method, path, body })).status).toBe(401);
  }
  for (const path of ['keys', 'models', 'serial-policies', 'models/brand/my-model', 'keys/brand-key']) {
    expect((await ask({ token: viewer, path })).status).toBe(200);
    expect((await ask({ token: grouping, path })).status).toBe(403);
  }
  const [, , replace] = changes;
  expect((await ask({ token: setting, method: replace[0], path: replace[1], body: replace[2] })).status).toBe(
    200,
  );
});

it('the limits hold on both sides', async () => {
  const longest = 'k'.repeat(MAX_KEY_NAME_LENGTH);
  expect((await post('keys', { name: `${longest}k` })).status).toBe(400);
  // As far as the token, which this store does not have.
  expect((await post('keys', { name: longest, token: true })).json['code']).toBe('not-configured');
  const put = async (rules: object) =>
    (await ask({ method: 'PUT', path: 'models/brand/my-model', body: { 'api-key': null, ...rules } })).status;
  const key = (length: number) => ({ 'api-key': 'a'.repeat(length) });
  expect(await put(key(MIN_API_KEY_LENGTH - 1))).toBe(400);
  expect(await put(key(MIN_API_KEY_LENGTH))).toBe(200);
  expect(await put(key(MAX_API_KEY_LENGTH))).toBe(200);
  expect(await put(key(MAX_API_KEY_LENGTH + 1))).toBe(400);
  const list = (name: string, length: number) => ({ [name]: Array.from({ length }, () => 'my-model') });
  expect(await put(list('remodel-from', MAX_REMODEL_FROM))).toBe(200);
  expect(await put(list('remodel-from', MAX_REMODEL_FROM + 1))).toBe(400);
  expect(await put(list('hardware-issuers', MAX_HARDWARE_ISSUERS + 1))).toBe(400);
  expect(await put(list('hardware-issuers', MAX_HARDWARE_ISSUERS))).toBe(404);
  expect(await put({ 'max-serials': 1 })).toBe(200);
  expect(await put({ 'max-serials': 0 })).toBe(400);
  expect(await put({ 'max-serials': 2_147_483_647 })).toBe(200);
  expect(await put({ 'max-serials': 2_147_483_648 })).toBe(400);
});

it.each([
  ['POST', 'keys', { name: 'a\0b' }],
  ['POST', 'keys', { name: '../../etc/passwd' }],
  ['POST', 'keys', { name: 'x', 'private-key': 'PEM' }],
  ['POST', 'keys', { name: 'x', token: 'yes' }],
  ['GET', 'keys/%00', undefined],
  ['GET', "keys/'%20or%201=1--", undefined],
  ['GET', 'models/brand/%00', undefined],
  ['GET', 'models/%3Cscript%3E/%E2%80%AE', undefined],
  ['POST', 'models', { name: 'a\0', 'api-key': null }],
  ['POST', 'models', { name: '\ud800', 'api-key': null }],
  ['POST', 'models', { name: 'my-model', 'api-key': 'with spaces and <b>' }],
  ['POST', 'models', { name: 'my-model', 'api-key': null, 'remodel-from': ['a/b/c\0'] }],
  ['PUT', 'models/brand/my-model', { 'api-key': null, 'remodel-from': ['a/b/c\0'] }],
  ['PUT', 'models/brand/my-model', { 'hardware-issuers': ['a\0'] }],
  ['PUT', 'models/brand/%00', { 'api-key': null }],
  ['POST', 'serial-policies', { model: '\0', 'signing-key': '\0' }],
  ['POST', 'serial-policies', { model: 'my-model', 'signing-key': '\0' }],
  ['POST', 'serial-policies', { model: 'my-model', 'signing-key': '\udfff' }],
  ['GET', 'serial-policies?after=%00', undefined],
] as const)('%s %s with %j is refused', async (method, path, body) => {
  const { status, json } = await ask({ method, path, ...(body && { body }) });
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expect(json['code']).toEqual(expect.any(String));
});
