import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cli } from '../../support/cli.js';
import { CommandStore } from '../../support/command-store.js';
import { runOnTerminal } from '../../support/program.js';

let machine: CommandStore;

beforeAll(async () => {
  machine = await CommandStore.start();
});
afterAll(() => machine.stop());

const cli = new Cli(() => machine.dataDir);

it('adds, changes, lists and removes operators', async () => {
  const added = await cli.runWith(
    { input: 'password of jo\n' },
    'add-operator',
    'jo',
    '--role',
    'operator',
    '--password',
    '-',
  );
  expect(added).toEqual({ status: 0, stdout: 'operator jo added as operator\n', stderr: '' });
  expect(await cli.done('add-admin', 'Kim@Example.com')).toBe(
    'operator kim@example.com added as admin without a password: `snap-store-proxy set-operator kim@example.com --password @FILE` sets one\n',
  );
  expect(await cli.done('set-operator', 'jo', '--role', 'viewer', '--disable')).toBe(
    'operator jo: viewer, with a password, disabled\n',
  );
  const { operators } = JSON.parse(await cli.done('list-operators', '--json')) as { operators: object[] };
  expect(operators).toMatchObject([
    { name: 'admin', role: 'admin', 'has-password': false, disabled: false },
    { name: 'jo', role: 'viewer', 'has-password': true, disabled: true, 'second-factor': false },
    { name: 'kim@example.com', role: 'admin', 'has-password': false },
  ]);
  expect(await cli.done('remove-operator', 'jo')).toBe('operator jo removed\n');
  expect(await cli.done('list-operators')).not.toContain('jo');
});

it('asks for the password on a terminal, and for the first code of a second factor', async () => {
  const { status, shown } = await runOnTerminal(
    ['--data', machine.dataDir, 'add-operator', 'lee', '--role', 'viewer'],
    [
      ['New password of lee', 'password of lee\r'],
      ['Repeat it', 'password of lee\r'],
    ],
  );
  expect({ status, shown }).toMatchObject({
    status: 0,
    shown: expect.stringContaining('operator lee added as viewer') as string,
  });
  expect(shown).not.toContain('password of lee\r');
  const { status: failed, stderr } = await cli.runWith(
    { input: '000000x\n' },
    'set-operator',
    'lee',
    '--second-factor',
  );
  expect(failed).toBe(1);
  expect(stderr).toMatch(/otpauth:\/\/totp\/localhost:lee\?secret=[A-Z2-7]{32}&/);
  expect(stderr).toContain('error: cannot turn on the second factor of lee');
});

it('creates, lists and revokes tokens', async () => {
  const { stdout: token, stderr } = await cli.run(
    'create-token',
    'ci',
    '--role',
    'operator',
    '--scope',
    'read',
    '--scope',
    'release',
    '--expires',
    '2100-01-01',
  );
  expect(token).toMatch(/^ssp_[A-Za-z0-9_-]{43}\n$/);
  expect(stderr).toBe('Keep this token: it is not shown again.\n');
  const listed = await cli.done('list-tokens', '--json');
  expect(JSON.parse(listed)).toMatchObject({
    tokens: [
      {
        name: 'ci',
        role: 'operator',
        scopes: ['read', 'release'],
        operator: null,
        'expires-at': '2100-01-01T00:00:00.000Z',
      },
    ],
  });
  expect(listed).not.toContain(token.trim());
  expect(await cli.done('revoke-token', 'ci')).toBe('token ci revoked\n');
});

it.each([
  [['add-operator', 'Jo!', '--role', 'viewer'], 'cannot use operator name "Jo!"'],
  [['add-operator', 'jo', '--role', 'root'], 'give viewer, operator or admin'],
  [['add-admin', 'nobody'], 'cannot use e-mail address "nobody"'],
  [['set-operator', 'nobody', '--disable'], 'there is none of that name'],
  [['set-operator', 'admin'], 'give --role, --password'],
  [['remove-operator', 'admin'], 'its password is the management password'],
  [['create-token', 'x y', '--role', 'viewer'], 'cannot use token name "x y"'],
  [['create-token', 'x', '--role', 'viewer', '--scope', 'everything'], 'cannot use scope "everything"'],
  [['create-token', 'x', '--role', 'viewer', '--expires', '2020-01-01'], 'is past'],
  [['revoke-token', 'x'], 'see `snap-store-proxy list-tokens`'],
])('%j is refused in one line', async (words, message) =>
  expect(await cli.refused(...words)).toContain(message),
);
