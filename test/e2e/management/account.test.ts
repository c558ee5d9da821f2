import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { TransactionsService } from '../../../src/database/transactions.service.js';
import { auditEventView } from '../../../src/management/audit/audit-event.view.js';
import { AuditService } from '../../../src/management/audit/audit.service.js';
import { totpCode, totpStep } from '../../../src/management/totp.js';
import { poll } from '../../support/poll.js';
import { AdminWorld, basic, type AdminReply, type AdminRequest } from './admin-world.js';

const PASSWORD = 'password of kim';

let world: AdminWorld;
let signedIn: Record<string, string>;

beforeAll(async () => {
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  world = await AdminWorld.start();
});
afterAll(async () => {
  await world.stop();
  vi.restoreAllMocks();
});
beforeEach(async () => {
  await world.query(`delete from operator where name = 'kim'`);
  await world.operators.add({ name: 'kim', role: 'viewer', password: PASSWORD });
  signedIn = await signIn();
});

async function ask(request: AdminRequest): Promise<AdminReply> {
  return await world.ask({ headers: signedIn, ...request, path: `/admin/v1/${request.path}` });
}

function session(reply: AdminReply): Record<string, string> {
  const cookie = /^store-session=[^;]*/.exec(reply.headers['set-cookie'] ?? '')?.[0] ?? '';
  return { cookie, 'x-csrf-token': String(reply.json['csrf-token']) };
}

async function signIn(more: object = {}): Promise<Record<string, string>> {
  const body = { name: 'kim', password: PASSWORD, ...more };
  return session(await ask({ method: 'POST', path: 'session', headers: {}, body }));
}

async function isSignedIn(headers: Record<string, string>): Promise<boolean> {
  return (await ask({ path: 'session', headers })).status === 200;
}

async function newest() {
  const [event] = await world.store.app.get(AuditService).list(1);
  return event && auditEventView(event);
}

describe('operators change of their own accounts', () => {
  it('the password, with the old one: other sessions end, and this one goes on', async () => {
    const other = await signIn();
    const put = async (password: string, wanted: string) =>
      await ask({ method: 'PUT', path: 'account/password', body: { password, 'new-password': wanted } });
    expect((await put('wrong', 'a new password')).json).toMatchObject({
      code: 'forbidden',
      errors: [{ field: 'password' }],
    });
    expect((await put(PASSWORD, 'short')).status).toBe(400);
    expect(await isSignedIn(other)).toBe(true);
    const changed = await put(PASSWORD, 'a new password');
    expect([changed.status, changed.json]).toMatchObject([200, { name: 'kim' }]);
    expect([await isSignedIn(other), await isSignedIn(signedIn)]).toEqual([false, false]);
    expect(await isSignedIn(session(changed))).toBe(true);
    expect(await newest()).toMatchObject({
      actor: { kind: 'operator', name: 'kim' },
      action: 'operator.change',
      subject: 'kim',
      after: { password: 'changed' },
    });
  });

  it('the second factor: a secret that is shown once and confirmed by its code', async () => {
    const made = await ask({ method: 'POST', path: 'account/second-factor' });
    const { secret, uri } = made.json as { secret: string; uri: string };
    expect([made.status, uri]).toEqual([
      201,
      `otpauth://totp/localhost:kim?secret=${secret}&issuer=localhost&algorithm=SHA1&digits=6&period=30`,
    ]);
    // It is not in use yet.
    expect(await isSignedIn(await signIn())).toBe(true);
    const put = async (body: object) =>
      await ask({
        method: 'PUT',
        path: 'account/second-factor',
        body: { password: PASSWORD, secret, ...body },
      });
    const code = totpCode(secret, totpStep(Date.now()));
    const wrong = code === '000000' ? '000001' : '000000';
    expect((await put({ code: wrong })).json['errors']).toMatchObject([{ field: 'code' }]);
    expect((await put({ code, secret: 'MINE' })).json['errors']).toMatchObject([{ field: 'secret' }]);
    expect((await put({ code, password: 'wrong' })).status).toBe(403);
    expect((await put({ code })).json).toMatchObject({ name: 'kim', 'second-factor': true });
    expect((await put({ code })).status).toBe(409);
    expect(JSON.stringify(await newest())).not.toContain(secret);
    expect(await newest()).toMatchObject({
      actor: { name: 'kim' },
      action: 'operator.change',
      before: { 'second-factor': false },
      after: { 'second-factor': true },
    });
    // The code that confirmed it was used.
    expect(await isSignedIn(await signIn({ code }))).toBe(false);
    const off = async (body: object) =>
      await ask({ method: 'POST', path: 'account/second-factor/off', body: { password: PASSWORD, ...body } });
    expect((await off({})).json['errors']).toMatchObject([{ field: 'code' }]);
    const next = totpCode(secret, totpStep(Date.now()) + 1);
    expect((await off({ code: next })).json).toMatchObject({ 'second-factor': false });
    expect(await newest()).toMatchObject({ after: { 'second-factor': false } });
    expect(await isSignedIn(await signIn())).toBe(true);
  });

  it('their other sessions', async () => {
    const other = await signIn();
    const ended = await ask({ method: 'DELETE', path: 'account/sessions' });
    expect([ended.status, ended.json]).toEqual([200, { ended: 1 }]);
    expect([await isSignedIn(other), await isSignedIn(signedIn)]).toEqual([false, true]);
    expect(await newest()).toMatchObject({
      actor: { name: 'kim' },
      action: 'session.end',
      subject: 'kim',
      before: { sessions: [{ address: expect.stringMatching(/^127\./) as string }] },
    });
    expect((await ask({ method: 'DELETE', path: 'account/sessions' })).json).toEqual({ ended: 0 });
  });

  it('nothing with a token, even one of theirs; and no more guesses than when they sign in', async () => {
    const token = await world.token('of-kim', 'viewer', [], { operator: 'kim' });
    const put = async (request: Partial<AdminRequest>) =>
      await ask({
        method: 'PUT',
        path: 'account/password',
        body: { password: request.headers ? 'guess' : PASSWORD, 'new-password': 'a new password' },
        headers: {},
        ...request,
      });
    expect((await put({ token })).json['detail']).toContain('a token has none');
    expect((await ask({ path: 'account', headers: {}, token })).status).toBe(409);
    expect((await ask({ path: 'account', headers: basic('kim', PASSWORD) })).json).toMatchObject({
      name: 'kim',
      role: 'viewer',
    });
    const statuses = [];
    for (let wrong = 0; wrong < 8; wrong += 1)
      statuses.push((await put({ headers: signedIn, from: '127.8.0.1' })).status);
    expect(statuses).toEqual([403, 403, 403, 403, 403, 403, 429, 429]);
  });
});

it('what tells a repeated request from another is of no use without the secrets key', async () => {
  const token = await world.token('idempotent', 'admin');
  const body = { name: 'hashed', role: 'viewer', password: 'easy to guess' };
  const path = 'operators';
  await ask({ method: 'POST', path, token, headers: { 'idempotency-key': 'hashed' }, body });
  const [row] = await world.query<{ hash: Buffer }>(
    `select request_hash as hash from idempotency_key where key = 'hashed'`,
  );
  const guessed = createHash('sha256')
    .update(JSON.stringify(['POST', `/admin/v1/${path}`, body]))
    .digest();
  expect([row?.hash.length, row?.hash.equals(guessed)]).toEqual([32, false]);
  expect(
    await world.query(`select value #>> '{}' as value from setting where key = 'internal.management.secret'`),
  ).toEqual([{ value: expect.stringMatching(/^\$wrapped\$v1\$/) as string }]);
});

it('settings are compared with If-Match in the transaction that changes them', async () => {
  const token = await world.token('settings', 'admin');
  const { etag = '' } = (await ask({ path: 'settings', token, headers: {} })).headers;
  const patch = async (domain: string, tag: string) =>
    await ask({
      method: 'PATCH',
      path: 'settings',
      token,
      body: { values: { 'proxy.domain': domain } },
      headers: { 'if-match': tag },
    });
  let late: Promise<AdminReply> | undefined;
  await world.store.app.get(TransactionsService).run(async (tx) => {
    await tx.query(`insert into setting (key, value) values ('proxy.domain', '"first.example"')`);
    late = patch('lost.example', etag);
    // It waits for this change, which is not committed yet.
    await poll(
      async () =>
        await world.query<{ pid: number }>(
          `select pid from pg_locks where not granted and relation = 'setting'::regclass`,
        ),
      (waiting) => waiting.length > 0,
    );
  });
  expect((await late)?.json['code']).toBe('precondition-failed');
  const seen = await ask({ path: 'settings', token, headers: {} });
  expect((await patch('second.example', seen.headers['etag'] ?? '')).status).toBe(200);
});
