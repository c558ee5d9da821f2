import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import {
  MAX_GROUP_MEMBERS,
  MAX_GROUP_NAME_LENGTH,
  MAX_GROUPS,
  MAX_MEMBER_PART_LENGTH,
} from '../../../src/groups/device-group.js';
import { MAX_EDITED_MEMBERS } from '../../../src/groups/groups.dto.js';
import { auditEventView } from '../../../src/management/audit/audit-event.view.js';
import { AuditService } from '../../../src/management/audit/audit.service.js';
import { Cli } from '../../support/cli.js';
import { AdminWorld, type AdminReply, type AdminRequest } from '../management/admin-world.js';

let world: AdminWorld;
let operator: string;

beforeAll(async () => {
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  world = await (await AdminWorld.start()).listen();
  operator = await world.token('operator', 'operator');
});
afterAll(async () => {
  await world.stop();
  vi.restoreAllMocks();
});

async function ask(request: Partial<AdminRequest>, name = ''): Promise<AdminReply> {
  const path = `/admin/v1/groups${name}${request.path ?? ''}`;
  return await world.ask({ token: operator, ...request, path });
}

async function create(name: string): Promise<AdminReply> {
  return await ask({ method: 'POST', body: { name } });
}

async function patch(name: string, body: unknown, headers: Record<string, string> = {}): Promise<AdminReply> {
  return await ask({ method: 'PATCH', body, headers }, `/${name}`);
}

async function newest(limit: number) {
  return (await world.store.app.get(AuditService).list(limit)).map(auditEventView);
}

const serial = (value: string) => ({ kind: 'serial', value });

it('a group is created, filled, read, emptied and deleted, and the audit trail has each change', async () => {
  const made = await create('canary');
  expect([made.status, made.json]).toEqual([201, { name: 'canary', 'member-count': 0, members: [] }]);
  expect((await create('canary')).status).toBe(409);
  const model = { kind: 'model', value: 'brand/kiosk' };
  const filled = await patch('canary', { add: [serial('brand/m/1'), serial('brand/m/1'), model] });
  expect([filled.status, filled.json]).toEqual([
    200,
    { name: 'canary', 'member-count': 2, members: [model, serial('brand/m/1')] },
  ]);
  const read = await ask({}, '/canary');
  expect([read.status, read.json, read.headers['etag']]).toEqual([200, filled.json, filled.headers['etag']]);
  const changed = await patch('canary', { add: [serial('brand/m/2')], remove: [serial('brand/m/1')] });
  expect(changed.json).toMatchObject({ 'member-count': 2, members: [model, serial('brand/m/2')] });
  expect((await ask({})).json).toEqual({ items: [{ name: 'canary', 'member-count': 2 }], next: null });
  expect((await ask({ method: 'DELETE' }, '/canary')).status).toBe(204);
  expect((await ask({}, '/canary')).status).toBe(404);
  const by = { actor: { kind: 'token', name: 'operator' }, subject: 'canary', address: '127.0.0.1' };
  expect(await newest(4)).toMatchObject([
    {
      ...by,
      action: 'group.delete',
      before: { 'member-count': 2, members: ['model brand/kiosk', 'serial brand/m/2'] },
    },
    {
      ...by,
      action: 'group.change',
      before: { 'member-count': 2, removed: ['serial brand/m/1'] },
      after: { 'member-count': 2, added: ['serial brand/m/2'] },
    },
    {
      ...by,
      action: 'group.change',
      before: { 'member-count': 0, removed: [] },
      after: { 'member-count': 2, added: ['serial brand/m/1', 'model brand/kiosk'] },
    },
    { ...by, action: 'group.create', before: null, after: { 'member-count': 0 } },
  ]);
});

it('the commands write the same into the audit trail, as root at the machine', async () => {
  const cli = new Cli(() => world.store.dataDir);
  await cli.lines('create-group', 'by-command');
  await cli.lines('add-to-group', 'by-command', '--store', 'acme');
  await cli.lines('remove-from-group', 'by-command', '--store', 'acme');
  await cli.lines('delete-group', 'by-command');
  const actions = ['group.delete', 'group.change', 'group.change', 'group.create'];
  const by = { actor: { kind: 'machine', name: 'root' }, subject: 'by-command' };
  expect(await newest(4)).toMatchObject(actions.map((action) => ({ ...by, action })));
});

it('a viewer reads, an operator with the scope changes', async () => {
  await create('roles');
  const viewer = await world.token('viewer', 'viewer');
  const reading = await world.token('reading', 'operator', ['read']);
  const grouping = await world.token('grouping', 'operator', ['group']);
  for (const token of [viewer, reading]) {
    expect((await ask({ token }, '/roles')).status).toBe(200);
    expect((await ask({ token, method: 'POST', body: { name: 'mine' } })).status).toBe(403);
    expect((await ask({ token, method: 'PATCH', body: {} }, '/roles')).status).toBe(403);
    expect((await ask({ token, method: 'DELETE' }, '/roles')).status).toBe(403);
  }
  expect((await ask({ token: grouping }, '/roles')).status).toBe(403);
  expect((await ask({ token: grouping, method: 'DELETE' }, '/roles')).status).toBe(204);
  expect((await ask({ token: undefined })).status).toBe(401);
});

it('a change of a group that was changed meanwhile is refused', async () => {
  const { etag = '' } = (await ask({}, `/${(await create('lost')).json['name'] as string}`)).headers;
  expect((await patch('lost', { add: [serial('b/m/1')] }, { 'if-match': etag })).status).toBe(200);
  const late = await patch('lost', { add: [serial('b/m/2')] }, { 'if-match': etag });
  expect([late.status, late.json['code']]).toEqual([412, 'precondition-failed']);
  expect((await ask({ method: 'DELETE', headers: { 'if-match': etag } }, '/lost')).status).toBe(412);
  const now = (await ask({}, '/lost')).headers['etag'] ?? '';
  expect((await ask({ method: 'DELETE', headers: { 'if-match': now } }, '/lost')).status).toBe(204);
});

it('a member that is not in the group is not removed, and then nothing is added either', async () => {
  await create('atomic');
  const refused = await patch('atomic', { add: [serial('b/m/1')], remove: [serial('b/m/2')] });
  expect([refused.status, refused.json['detail']]).toEqual([
    404,
    'cannot remove from group atomic: serial b/m/2 is not in it',
  ]);
  expect((await ask({}, '/atomic')).json['member-count']).toBe(0);
});

it('its limits hold on both sides', async () => {
  const longest = 'g'.repeat(MAX_GROUP_NAME_LENGTH);
  expect((await create(longest)).status).toBe(201);
  expect((await create(`${longest}g`)).status).toBe(400);
  const part = 'p'.repeat(MAX_MEMBER_PART_LENGTH);
  expect((await patch(longest, { add: [serial(`${part}/${part}/${part}`)] })).status).toBe(200);
  expect((await patch(longest, { add: [serial(`${part}/${part}/${part}p`)] })).status).toBe(400);
  expect((await patch(longest, { add: [serial(`${part}p/m/s`)] })).status).toBe(400);
  const many = (count: number) => Array.from({ length: count }, (_, at) => serial(`b/m/${at}`));
  expect((await patch(longest, { add: many(MAX_EDITED_MEMBERS + 1) })).status).toBe(400);
  expect((await patch(longest, { add: many(MAX_EDITED_MEMBERS) })).status).toBe(200);
  expect((await patch(longest, { remove: many(MAX_EDITED_MEMBERS + 1) })).status).toBe(400);
  expect((await patch(longest, { remove: many(MAX_EDITED_MEMBERS) })).status).toBe(200);
  await world.query(`insert into device_group_member select '${longest}', 'serial', 'b/n/' || i
    from generate_series(2, ${MAX_GROUP_MEMBERS}) i`);
  expect((await patch(longest, { add: [serial('b/m/more')] })).status).toBe(413);
  expect((await ask({}, `/${longest}`)).json['member-count']).toBe(MAX_GROUP_MEMBERS);
});

it('lists all groups in pages', async () => {
  const before = (await ask({})).json['items'] as unknown[];
  await world.query(`insert into device_group select 'many-' || lpad(i::text, 3, '0')
    from generate_series(1, ${MAX_GROUPS - before.length}) i`);
  expect((await create('one-more')).status).toBe(409);
  const names: string[] = [];
  for (let after = ''; ;) {
    const { json } = await ask({ path: `?limit=30${after}` });
    names.push(...(json['items'] as { name: string }[]).map(({ name }) => name));
    if (typeof json['next'] !== 'string') break;
    after = `&after=${json['next']}`;
  }
  expect(names).toHaveLength(MAX_GROUPS);
  expect(names).toEqual([...new Set(names)].toSorted());
});

it.each([
  ['POST', '', { name: '' }],
  ['POST', '', { name: 'Upper' }],
  ['POST', '', { name: '../etc' }],
  ['POST', '', { name: "x'; drop table device_group; --" }],
  ['POST', '', { name: '<b>' }],
  ['POST', '', { name: 'a\0b' }],
  ['POST', '', { name: ['a'] }],
  ['POST', '', { name: 'fine', more: 1 }],
  ['POST', '', {}],
  ['PATCH', '/atomic', { add: [{ kind: 'planet', value: 'x' }] }],
  ['PATCH', '/atomic', { add: [{ kind: 'serial', value: 'only/two' }] }],
  ['PATCH', '/atomic', { add: [{ kind: 'store', value: 'a\0' }] }],
  ['PATCH', '/atomic', { add: [{ kind: 'store', value: '\ud800' }] }],
  ['PATCH', '/atomic', { add: [{ kind: 'model', value: 'b/<script>\u202e' }] }],
  ['PATCH', '/atomic', { add: [{ kind: 'store', value: 'a', odd: 1 }] }],
  ['PATCH', '/atomic', { add: 'all' }],
  ['PATCH', '/a%00b', { add: [] }],
  ['GET', '/..%2fdevices', undefined],
  ['GET', '?after=x', undefined],
  ['GET', '?limit=0', undefined],
  ['GET', '?limit=1001', undefined],
  ['GET', '?color=red', undefined],
] as const)('%s groups%s with %j is refused', async (method, name, body) => {
  const { status, json } = await ask({ method, ...(body && { body }) }, name);
  expect([status, json['code']]).toEqual([400, 'invalid-request']);
});
