import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  ACCOUNT_GUESSES,
  MAX_SESSIONS_PER_OPERATOR,
  MAX_USER_AGENT_CHARACTERS,
  PASSWORD_GUESSES,
} from '../../../src/common/limits.js';
import { OperatorSessionsService } from '../../../src/management/operator-sessions.service.js';
import { OperatorsService } from '../../../src/management/operators.service.js';
import { SignInFailuresRepository } from '../../../src/management/sign-in-failures.repository.js';
import { SignInPausesService } from '../../../src/management/sign-in-pauses.service.js';
import { SignInService, type SignIn } from '../../../src/management/sign-in.service.js';
import { makeTotpSecret, totpCode, totpStep } from '../../../src/management/totp.js';
import { refusalOf } from '../../support/refusal.js';
import { StoreApp } from '../../support/store-app.js';

const PASSWORD = 'password of kim';

let store: StoreApp;
let operators: OperatorsService;
let signIns: SignInService;
const lines: string[] = [];

beforeAll(async () => {
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void lines.push(String(line)));
  store = await StoreApp.start();
  operators = store.app.get(OperatorsService);
  signIns = store.app.get(SignInService);
  await operators.add({ name: 'kim', role: 'operator', password: PASSWORD });
});
afterAll(async () => {
  await store.stop();
  vi.restoreAllMocks();
});
beforeEach(async () => {
  lines.splice(0);
  await store.query('delete from sign_in_failure');
  await store.query('delete from sign_in_address');
});

let addresses = 0;
const stranger = () => `192.0.2.${(addresses += 1)}`;

async function signIn(
  given: { name?: string; password?: string; code?: string; address?: string } = {},
): Promise<SignIn> {
  return await signIns.check({ name: 'kim', password: PASSWORD, address: stranger(), ...given });
}

/** A unit that remembers nothing: what it knows of guessers is in the database. */
function anotherUnit(): SignInPausesService {
  return new SignInPausesService(store.app.get(SignInFailuresRepository));
}

it('takes the password of an operator, and no other one', async () => {
  expect(await signIn()).toMatchObject({ verdict: 'right', operator: { name: 'kim', role: 'operator' } });
  const verdicts = [];
  for (const given of [
    { password: 'wrong' },
    { password: '' },
    { name: 'nobody' },
    { name: 'KIM' },
    { name: 'k\0m' },
    { name: 'x'.repeat(10_000) },
  ])
    verdicts.push((await signIn(given)).verdict);
  expect(verdicts).toEqual(Array.from({ length: 6 }, () => 'wrong'));
  expect(await signIn({ name: 'admin' })).toEqual({ verdict: 'not-set' });
  expect(lines).toHaveLength(6);
  expect(lines[0]).toMatch(/^refused a wrong management password from 192\.0\.2\.\d+$/);
});

it('does not take the right password of a disabled operator, and counts it as wrong', async () => {
  await operators.change('kim', { isDisabled: true });
  expect(await signIn()).toEqual({ verdict: 'wrong' });
  await operators.change('kim', { isDisabled: false });
  expect((await signIn()).verdict).toBe('right');
});

describe('whoever guesses', () => {
  it('is slowed on every unit, by address, and the others are not', async () => {
    const address = stranger();
    for (let wrong = 0; wrong < PASSWORD_GUESSES.free; wrong += 1)
      expect((await signIn({ name: `name${wrong}`, password: 'guess', address })).verdict).toBe('wrong');
    expect((await signIn({ address })).verdict).toBe('right');
    for (let wrong = 0; wrong <= PASSWORD_GUESSES.free; wrong += 1)
      expect((await signIn({ name: `name${wrong}`, password: 'guess', address })).verdict).toBe('wrong');
    const paused = `too many wrong ones came from this address`;
    expect(await refusalOf(signIn({ address }))).toContain(paused);
    expect(await refusalOf(anotherUnit().check({ account: 'kim', address }))).toContain(paused);
    expect((await signIn()).verdict).toBe('right');
  });

  it('is slowed by account too, except where its operator signed in before', async () => {
    const known = stranger();
    expect((await signIn({ address: known })).verdict).toBe('right');
    const pauses = anotherUnit();
    for (let wrong = 0; wrong < ACCOUNT_GUESSES.free; wrong += 1)
      await pauses.failed({ account: 'kim', address: stranger() });
    expect(await pauses.check({ account: 'kim', address: stranger() })).toBe(true);
    await pauses.failed({ account: 'kim', address: stranger() });
    expect(await refusalOf(signIn())).toContain('too many wrong ones came from other addresses too');
    expect((await signIn({ address: known })).verdict).toBe('right');
    // That was forgiven with it.
    expect((await signIn()).verdict).toBe('right');
  });

  it('waits twice as long each time, up to the longest pause', async () => {
    const [pauses, address] = [anotherUnit(), stranger()];
    const repository = store.app.get(SignInFailuresRepository);
    const seen: number[] = [];
    for (let wrong = 0; wrong < PASSWORD_GUESSES.free + 12; wrong += 1) {
      await pauses.failed({ account: '', address });
      seen.push((await repository.find('', address))[0]?.pauseMs ?? -1);
    }
    expect(seen.slice(0, PASSWORD_GUESSES.free)).toEqual(
      Array.from({ length: PASSWORD_GUESSES.free }, () => 0),
    );
    const pausesMs = seen.slice(PASSWORD_GUESSES.free).map((ms) => Math.round(ms / 1_000) * 1_000);
    expect(pausesMs).toEqual(
      [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map((seconds) => seconds * 1_000),
    );
  });

  it('takes a bounded number of rows', async () => {
    await store.query(`insert into sign_in_failure (kind, subject, wrong, paused_until)
      select 'address', 'a' || n, 1, now() + n * interval '1 ms' from generate_series(1, ${PASSWORD_GUESSES.guessers + 5}) n`);
    await store.query(
      `insert into sign_in_failure (kind, subject, wrong, paused_until) values ('address', 'old', 9, now() - interval '6 min')`,
    );
    await store.app.get(SignInFailuresRepository).clear('address', PASSWORD_GUESSES);
    const rows = await store.query<{ count: string; first: string }>(
      `select count(*), min(substring(subject, 2)::int) as first from sign_in_failure`,
    );
    expect(rows).toEqual([{ count: String(PASSWORD_GUESSES.guessers), first: 6 }]);
  });
});

describe('a second factor', () => {
  const secret = makeTotpSecret();
  beforeAll(() => operators.change('kim', { totpSecret: secret }));
  afterAll(() => operators.change('kim', { totpSecret: null }));

  it('is asked for after the right password alone, and each code counts once', async () => {
    const code = totpCode(secret, totpStep(Date.now()));
    expect(await signIn()).toEqual({ verdict: 'code-needed' });
    expect(await signIn({ password: 'wrong', code })).toEqual({ verdict: 'wrong' });
    expect(await signIn({ code: '000000' === code ? '000001' : '000000' })).toEqual({ verdict: 'wrong' });
    expect((await signIn({ code })).verdict).toBe('right');
    expect(await signIn({ code })).toEqual({ verdict: 'wrong' });
  });
});

describe('sessions', () => {
  const FROM = { address: '192.0.2.200', userAgent: 'a\0b'.repeat(500) };

  async function open(): Promise<string> {
    const operator = await operators.findSecrets('kim');
    if (!operator) throw new Error('no operator');
    return (await store.app.get(OperatorSessionsService).open(operator, FROM)).secret;
  }

  it('end with the password, the operator, and after their time', async () => {
    const sessions = store.app.get(OperatorSessionsService);
    const use = async (secret: string) => (await sessions.use(secret))?.operator.name;
    let secret = await open();
    expect(await use(secret)).toBe('kim');
    expect(await use(`${secret}x`)).toBeUndefined();
    await operators.change('kim', { isDisabled: true });
    expect(await use(secret)).toBeUndefined();
    await operators.change('kim', { isDisabled: false, password: 'another password' });
    expect(await use(secret)).toBeUndefined();
    for (const column of ['expires_at', 'last_used_at']) {
      secret = await open();
      await store.query(`update operator_session set ${column} = now() - interval '1 h 1 s'`);
      expect(await use(secret)).toBeUndefined();
    }
    secret = await open();
    const [session] = await sessions.list('kim');
    await sessions.end(session?.id ?? 0, 'kim');
    expect(await use(secret)).toBeUndefined();
    expect(await refusalOf(sessions.end(session?.id ?? 0))).toContain('there is none');
  });

  it(`are up to ${MAX_SESSIONS_PER_OPERATOR} of one operator: a new one ends the oldest`, async () => {
    const sessions = store.app.get(OperatorSessionsService);
    const secrets: string[] = [];
    for (let opened = 0; opened < MAX_SESSIONS_PER_OPERATOR; opened += 1) secrets.push(await open());
    expect(await sessions.use(secrets[0] ?? '')).toBeDefined();
    await open();
    expect(await sessions.use(secrets[0] ?? '')).toBeUndefined();
    expect(await sessions.use(secrets[1] ?? '')).toBeDefined();
    expect(await sessions.list('kim')).toHaveLength(MAX_SESSIONS_PER_OPERATOR);
    expect((await sessions.list('kim'))[0]?.userAgent).toHaveLength(MAX_USER_AGENT_CHARACTERS);
  });
});
