import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { parseMacaroon, serializeMacaroon } from '../../../src/common/crypto/macaroon/encoding.js';
import { addFirstPartyCaveat } from '../../../src/common/crypto/macaroon/macaroon.js';
import { MAX_FAILURES, WINDOW_SECONDS } from '../../../src/sandbox/login/login-attempts.js';
import { DISCHARGE_SECONDS, REFRESH_SECONDS } from '../../../src/sandbox/login/login.service.js';
import { Sandbox } from '../../support/sandbox.js';
import {
  authorization,
  caveatOf,
  logIn,
  loginRefusal,
  post,
  refusal,
  rootMacaroon,
  type Answer,
} from './client.js';

let sandbox: Sandbox;
let caveatId: string;

beforeAll(async () => {
  sandbox = await Sandbox.start();
});
afterAll(async () => await sandbox.stop());
beforeEach(async () => {
  caveatId = caveatOf(await rootMacaroon(sandbox.url));
});

async function discharge(fields: object): Promise<Answer> {
  return await post(`${sandbox.url}/api/v2/tokens/discharge`, { caveat_id: caveatId, ...fields });
}

async function refresh(text: string): Promise<Answer> {
  return await post(`${sandbox.url}/api/v2/tokens/refresh`, { discharge_macaroon: text });
}

async function nonceWith(header: string): Promise<Answer> {
  return await post(`${sandbox.url}/v1/store-registrations/nonce`, {}, { authorization: header });
}

it('returns a root with one third-party caveat for this host', async () => {
  const host = new URL(sandbox.url).host;
  const root = parseMacaroon(await rootMacaroon(sandbox.url));
  expect(root.location).toBe(host);
  expect(root.caveats.flatMap(({ thirdParty }) => (thirdParty ? [thirdParty.location] : []))).toEqual([host]);
});

it('returns a discharge for a valid password', async () => {
  const { header } = await logIn(sandbox.url, sandbox.accounts.plain);
  expect((await nonceWith(header)).status).toBe(200);
});

it('accepts e-mail addresses in capitals', async () => {
  const { email, password } = sandbox.accounts.plain;
  expect((await discharge({ email: email.toUpperCase(), password })).status).toBe(200);
});

it('requires a code if there is a second factor, and accepts each code once', async () => {
  const { email, password } = sandbox.accounts.secondFactor;
  expect(loginRefusal(await discharge({ email, password }))).toBe('401 TWOFACTOR_REQUIRED');
  expect(loginRefusal(await discharge({ email, password, otp: '' }))).toBe('401 TWOFACTOR_REQUIRED');
  expect(loginRefusal(await discharge({ email, password, otp: 'nonsense' }))).toBe('403 TWOFACTOR_FAILURE');
  const otp = await sandbox.totp();
  expect(otp).toMatch(/^\d{6}$/);
  expect(loginRefusal(await discharge({ email, password: 'wrong', otp }))).toBe('401 INVALID_CREDENTIALS');
  expect((await discharge({ email, password, otp })).status).toBe(200);
  expect(loginRefusal(await discharge({ email, password, otp }))).toBe('403 TWOFACTOR_FAILURE');
  const next = await sandbox.totp();
  expect(next).not.toBe(otp);
  expect((await discharge({ email, password, otp: next })).status).toBe(200);
});

it('accepts a code for a minute at most', async () => {
  const { email, password } = sandbox.accounts.secondFactor;
  const otp = await sandbox.totp();
  await sandbox.advance(60);
  expect(loginRefusal(await discharge({ email, password, otp }))).toBe('403 TWOFACTOR_FAILURE');
});

it('answers a wrong password and an unknown account alike', async () => {
  const { email, password } = sandbox.accounts.plain;
  for (const fields of [
    { email, password: `${password}x` },
    { email: 'nobody@sandbox.test', password },
    { email: 'nobody@sandbox.test', password: 'x' },
  ])
    expect(loginRefusal(await discharge(fields))).toBe('401 INVALID_CREDENTIALS');
});

it.each([
  [{}, 'email'],
  [{ email: 'a@b.c' }, 'password'],
  [{ email: 1, password: 'x' }, 'email'],
  [{ email: '', password: 'x' }, 'email'],
  [{ email: 'a'.repeat(255), password: 'x' }, 'email'],
  [{ email: 'a@b.c', password: 'x'.repeat(1_025) }, 'password'],
  [{ email: 'a@b.c', password: 'x', otp: '1'.repeat(33) }, 'otp'],
  [{ email: 'a@b.c', password: 'x', otp: 123_456 }, 'otp'],
  [{ email: 'a@b.c', password: 'x', caveat_id: 'c'.repeat(4_097) }, 'caveat_id'],
  [{ email: 'a@b.c', password: 'x', caveat_id: 'nonsense' }, 'caveat_id'],
  [{ email: 'a@b.c', password: 'x', caveat_id: '{"secret":"AAAA"}' }, 'caveat_id'],
])('refuses %j', async (fields, name) => {
  const answer = await discharge(fields);
  expect(loginRefusal(answer)).toBe('400 INVALID_DATA');
  expect(answer.body['message']).toContain(name);
});

it('accepts strings up to their limits', async () => {
  const fields = { email: 'a'.repeat(254), password: 'x'.repeat(1_024), otp: '1'.repeat(32) };
  expect(loginRefusal(await discharge(fields))).toBe('401 INVALID_CREDENTIALS');
  const longest = await discharge({ ...fields, caveat_id: 'c'.repeat(4_096) });
  expect(longest.body['message']).toBe('caveat_id is not from this service');
});

it('refuses a body that is not an object', async () => {
  expect(loginRefusal(await post(`${sandbox.url}/api/v2/tokens/discharge`, []))).toBe('400 INVALID_DATA');
  expect(refusal(await post(`${sandbox.url}/api/v2/tokens/discharge`, '{'))).toBe('400 invalid-request');
});

it('refuses all attempts after too many failures, until some time has passed', async () => {
  const email = 'hasty@sandbox.test';
  for (let attempt = 1; attempt <= MAX_FAILURES; attempt += 1)
    expect(loginRefusal(await discharge({ email, password: 'x' }))).toBe('401 INVALID_CREDENTIALS');
  const refused = await discharge({ email: email.toUpperCase(), password: 'x' });
  expect(loginRefusal(refused)).toBe('429 TOO_MANY_REQUESTS');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(WINDOW_SECONDS);
  expect((await discharge(sandbox.accounts.plain)).status).toBe(200);
  await sandbox.advance(WINDOW_SECONDS);
  expect(loginRefusal(await discharge({ email, password: 'x' }))).toBe('401 INVALID_CREDENTIALS');
});

it('counts simultaneous attempts', async () => {
  const email = 'many@sandbox.test';
  const answers = await Promise.all(
    Array.from({ length: MAX_FAILURES * 2 }, async () =>
      loginRefusal(await discharge({ email, password: 'x' })),
    ),
  );
  expect(answers.filter((answer) => answer === '401 INVALID_CREDENTIALS')).toHaveLength(MAX_FAILURES);
});

it('asks for a refresh if the discharge has expired, and accepts the new one', async () => {
  const { root, discharge: first, header } = await logIn(sandbox.url, sandbox.accounts.plain);
  await sandbox.advance(DISCHARGE_SECONDS + 1);
  const refused = await nonceWith(header);
  expect(refusal(refused)).toBe('401 needs-refresh');
  expect(refused.headers.get('www-authenticate')).toBe('Macaroon needs_refresh=1');
  const { status, body } = await refresh(first);
  expect(status).toBe(200);
  expect((await nonceWith(authorization(root, String(body['discharge_macaroon'])))).status).toBe(200);
});

it('refuses to refresh a foreign discharge, or one with added caveats', async () => {
  const { root, discharge: good } = await logIn(sandbox.url, sandbox.accounts.plain);
  const made = parseMacaroon(good);
  const host = made.location;
  for (const more of [`${host}|account|operator-otp`, `${host}|expires|2099-01-01T00:00:00Z`, 'anything'])
    expect(loginRefusal(await refresh(serializeMacaroon(addFirstPartyCaveat(made, more)))), more).toBe(
      '401 INVALID_CREDENTIALS',
    );
  expect(loginRefusal(await refresh(root))).toBe('400 INVALID_DATA');
  expect(loginRefusal(await refresh('nonsense'))).toBe('400 INVALID_DATA');
  expect(loginRefusal(await refresh(serializeMacaroon({ ...made, signature: Buffer.alloc(32) })))).toBe(
    '401 INVALID_CREDENTIALS',
  );
});

it('refreshes until the log-in is too old, then requires another log-in', async () => {
  const { discharge: first } = await logIn(sandbox.url, sandbox.accounts.plain);
  await sandbox.advance(REFRESH_SECONDS - 60);
  const { body } = await refresh(first);
  await sandbox.advance(61);
  expect(loginRefusal(await refresh(String(body['discharge_macaroon'])))).toBe('401 INVALID_CREDENTIALS');
});

it.each([
  ['clock', { seconds: -1 }, 'give a number of seconds from 0 to 31622400'],
  ['clock', { seconds: 31_622_401 }, 'give a number of seconds from 0 to 31622400'],
  ['clock', { seconds: '5' }, 'give a number of seconds'],
  ['clock', { minutes: 1 }, 'send a JSON object with only seconds'],
  ['clock', [], 'send a JSON object with only seconds'],
  ['totp', { mail: 'x' }, 'send a JSON object with only email'],
  ['totp', { email: 'operator@sandbox.test' }, 'no account with this email has a second factor'],
  ['totp', { email: 'nobody@sandbox.test' }, 'no account with this email has a second factor'],
])('refuses /%s with %j', async (path, body, why) => {
  const answer = await post(`${sandbox.url}/sandbox/${path}`, body);
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(JSON.stringify(answer.body)).toContain(why);
});

it('reads JSON with any Content-Type', async () => {
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const { email } = sandbox.accounts.secondFactor;
  const answer = await post(`${sandbox.url}/sandbox/totp`, JSON.stringify({ email }), form);
  expect(answer.body).toMatchObject({ email });
});

it('returns a code without a body', async () => {
  const answer = await fetch(`${sandbox.url}/sandbox/totp`, { method: 'POST' });
  expect(await answer.json()).toMatchObject({ email: sandbox.accounts.secondFactor.email });
});
