import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hashPassword } from '../../../src/common/crypto/password.js';
import { TransactionsService } from '../../../src/database/transactions.service.js';
import { GATEWAY_HASH } from '../../../src/management/gateway-hash.settings.js';
import { MAX_OPERATORS } from '../../../src/management/operator.js';
import { OperatorsService } from '../../../src/management/operators.service.js';
import { MAX_TOKENS } from '../../../src/management/token.js';
import { TokensService } from '../../../src/management/tokens.service.js';
import { SecretsService } from '../../../src/secrets/secrets.service.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { refusalOf } from '../../support/refusal.js';
import { StoreApp } from '../../support/store-app.js';

let store: StoreApp;
let operators: OperatorsService;
let tokens: TokensService;

beforeAll(async () => {
  store = await StoreApp.start();
  operators = store.app.get(OperatorsService);
  tokens = store.app.get(TokensService);
});
afterAll(() => store.stop());

describe('operators', () => {
  it('begin with the one of the management password, who cannot be removed or changed to less', async () => {
    expect(await operators.list()).toMatchObject([{ name: 'admin', role: 'admin', hasPassword: false }]);
    expect(await refusalOf(operators.remove('admin'))).toContain('its password is the management password');
    expect(await refusalOf(operators.change('admin', { role: 'viewer' }))).toContain('always an admin');
    await operators.change('admin', { password: 'management password' });
    expect(await operators.get('admin')).toMatchObject({ hasPassword: true });
    expect((await store.app.get(SettingsService).find(GATEWAY_HASH))?.startsWith('$scrypt$')).toBe(true);
  });

  it('keep an admin who can sign in', async () => {
    const last = 'no admin with a password would be left';
    expect(await refusalOf(operators.change('admin', { isDisabled: true }))).toContain(last);
    await operators.add({ name: 'tokens-only', role: 'admin' });
    expect(await refusalOf(operators.change('admin', { isDisabled: true }))).toContain(last);
    await operators.add({ name: 'jo', role: 'admin', password: 'password of jo' });
    await operators.change('admin', { isDisabled: true });
    for (const change of [{ role: 'viewer' as const }, { isDisabled: true }])
      expect(await refusalOf(operators.change('jo', change))).toContain(last);
    expect(await refusalOf(operators.remove('jo'))).toContain(last);
    await operators.change('admin', { isDisabled: false });
    await operators.remove('jo');
    await operators.remove('tokens-only');
  });

  it('have one name each, and passwords that protect something', async () => {
    await operators.add({ name: 'kim', role: 'viewer' });
    expect(await refusalOf(operators.add({ name: 'kim', role: 'admin' }))).toContain(
      'there is one of that name',
    );
    expect(await refusalOf(operators.add({ name: 'lee', role: 'viewer', password: 'seven77' }))).toContain(
      '7 bytes',
    );
    expect(await refusalOf(operators.get('lee'))).toContain('there is none of that name');
  });

  it(`are up to ${MAX_OPERATORS}`, async () => {
    await store.query(
      `insert into operator (name, role) select 'many' || n, 'viewer' from generate_series(1, ${MAX_OPERATORS} - 3) n`,
    );
    await operators.add({ name: 'the-last', role: 'viewer' });
    expect(await refusalOf(operators.add({ name: 'one-more', role: 'viewer' }))).toContain(
      `up to ${MAX_OPERATORS}`,
    );
    await store.query(`delete from operator where name like 'many%'`);
  });
});

describe('tokens', () => {
  it('are shown once, and no table holds one', async () => {
    const { token, text } = await tokens.create({ name: 'ci', role: 'viewer', scopes: ['read', 'read'] });
    expect(token).toMatchObject({
      name: 'ci',
      role: 'viewer',
      scopes: ['read'],
      operator: null,
      lastUsedAt: null,
    });
    expect(text).toMatch(/^ssp_[A-Za-z0-9_-]{43}$/);
    expect(await tokens.use(text)).toMatchObject({ name: 'ci' });
    expect(await tokens.use(`${text.slice(0, -1)}${text.endsWith('A') ? 'B' : 'A'}`)).toBeUndefined();
    expect((await tokens.get('ci')).lastUsedAt).toBeInstanceOf(Date);
    const rows = await store.app
      .get(TransactionsService)
      .run((tx) => tx.query<object[]>('select t::text from api_token t'));
    expect(JSON.stringify(rows)).not.toContain(text.slice(4));
    await tokens.revoke('ci');
    expect(await tokens.use(text)).toBeUndefined();
    expect(await refusalOf(tokens.revoke('ci'))).toContain('there is none of that name');
  });

  it('end when they expire, and with their operator', async () => {
    const past = new Date(Date.now() - 1_000);
    expect(
      await refusalOf(tokens.create({ name: 'late', role: 'viewer', scopes: [], expiresAt: past })),
    ).toContain('is past');
    const expiresAt = new Date(Date.now() + 3_600_000);
    const { text } = await tokens.create({
      name: 'soon',
      role: 'viewer',
      scopes: [],
      operator: 'kim',
      expiresAt,
    });
    expect(await tokens.use(text)).toMatchObject({ operatorRole: 'viewer' });
    await operators.change('kim', { isDisabled: true });
    expect(await tokens.use(text)).toBeUndefined();
    await operators.change('kim', { isDisabled: false });
    await store.query(`update api_token set expires_at = now()`);
    expect(await tokens.use(text)).toBeUndefined();
    await operators.remove('kim');
    expect(await tokens.list()).toEqual([]);
    expect(
      await refusalOf(tokens.create({ name: 'x', role: 'viewer', scopes: [], operator: 'kim' })),
    ).toContain('there is none');
  });

  it(`are up to ${MAX_TOKENS}`, async () => {
    await store.query(`insert into api_token (name, hash, role, scopes)
      select 'many' || n, sha256(n::text::bytea), 'viewer', '{}' from generate_series(1, ${MAX_TOKENS} - 1) n`);
    await tokens.create({ name: 'the-last', role: 'viewer', scopes: [] });
    expect(await refusalOf(tokens.create({ name: 'one-more', role: 'viewer', scopes: [] }))).toContain(
      `up to ${MAX_TOKENS}`,
    );
  });
});

it('hashes of passwords and secrets of codes are wrapped, and open after the key was changed', async () => {
  await operators.add({ name: 'wrapped', role: 'viewer', password: 'password of wrapped' });
  await operators.change('wrapped', { totpSecret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ' });
  const read = () =>
    store.app
      .get(TransactionsService)
      .run((tx) =>
        tx.query<{ hash: string; secret: string }[]>(
          `select password_hash as hash, totp_secret as secret from operator where name = 'wrapped'`,
        ),
      );
  const [before] = await read();
  for (const text of [before?.hash, before?.secret]) expect(text).toMatch(/^\$wrapped\$v1\$/);
  await store.app.get(SecretsService).rotate();
  const [after] = await read();
  expect(after?.hash).not.toBe(before?.hash);
  expect(await operators.findSecrets('wrapped')).toMatchObject({
    totpSecret: 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
  });
  // What was wrapped for one place does not open at another.
  await store.query(`update operator set totp_secret = password_hash where name = 'wrapped'`);
  expect(await refusalOf(operators.findSecrets('wrapped'))).toContain('belongs to another place');
});

it('the first operator has the password that air-gapped mode sets', async () => {
  const hash = await hashPassword('set by the switch');
  await store.app.get(SettingsService).record([[GATEWAY_HASH, hash]]);
  expect(await operators.findSecrets('admin')).toMatchObject({ passwordHash: hash, role: 'admin' });
});
