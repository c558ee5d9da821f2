import { createPublicKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cli } from '../../support/cli.js';
import { shiftedClock } from '../../support/clock-shift.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { runPiped, startPiped } from '../../support/piped-program.js';
import { portOf } from '../../support/ports.js';
import { run, runOnTerminal, type Outcome } from '../../support/program.js';
import { Sandbox } from '../../support/sandbox.js';

let sandbox: Sandbox;
let directory: string;
let current: string;
const databases: TestDatabase[] = [];

beforeAll(async () => {
  sandbox = await Sandbox.start();
  directory = mkdtempSync(join(tmpdir(), 'register-'));
});
afterAll(async () => {
  await sandbox.stop();
  for (const database of databases) await database.drop();
  rmSync(directory, { recursive: true });
});

const cli = new Cli(() => current);

/** Makes an unregistered store that uses the sandbox. */
async function freshStore(...settings: string[]): Promise<void> {
  const database = await createTestDatabase();
  databases.push(database);
  current = join(directory, `data-${databases.length}`);
  expect((await cli.run('config', `proxy.db.connection=${database.url}`)).status).toBe(0);
  expect(await cli.run('config', ...sandbox.settings, ...settings)).toMatchObject({ status: 0 });
}

async function setting(name: string): Promise<string> {
  return (await cli.run('config', name)).stdout.trim();
}

function signedIn(): Record<string, string> {
  const { email, password } = sandbox.accounts.plain;
  return { SNAPSTORE_EMAIL: email, SNAPSTORE_PASSWORD: password };
}

async function register(env: Record<string, string> = signedIn(), ...words: string[]): Promise<Outcome> {
  return await run(['--data', current, 'register', '--skip-questions', ...words], env);
}

/** Expects a one-line refusal at the end, and no registration. */
async function refusedBy(outcome: Promise<Outcome>): Promise<string> {
  const { status, stdout, stderr } = await outcome;
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  const last = stderr.trimEnd().split('\n').at(-1) ?? '';
  expect(last).toMatch(/^error: cannot [^\n]+[^.\n]$/);
  expect(await setting('internal.store.id')).toBe('');
  expect(stderr).not.toContain(sandbox.accounts.plain.password);
  return last;
}

describe('a store', () => {
  it('is registered by a script that pipes in every answer', async () => {
    await freshStore();
    const { email, password } = sandbox.accounts.secondFactor;
    const answers = ['piped.example', email, password, await sandbox.totp(), '1', '2', '3', '4'];
    const { status, stdout, stderr } = await runPiped(
      ['--data', current, 'register'],
      `${answers.join('\n')}\n`,
    );
    expect([status, stdout.split('\n').slice(0, 2)]).toEqual([
      0,
      [
        'Generated a key pair: proxy.key.private and proxy.key.public. Keep a copy of it.',
        'Store URL: http://piped.example',
      ],
    ]);
    for (const prompt of [
      'domain name of this snap proxy',
      'Email: ',
      'Password: ',
      'One-time code: ',
      'Primary reason:\n  1. ',
      'Size of your company:',
      'Type of deployment:',
      'Size of your deployment:',
    ])
      expect(stderr).toContain(prompt);
    expect(stdout + stderr).not.toContain(password);
    expect(stdout).toContain(`Store ID: ${await setting('internal.store.id')}\nStatus: approved\n`);
    expect(await setting('proxy.domain')).toBe('piped.example');
    expect(await setting('internal.store.url')).toBe('http://piped.example');
    const key = createPublicKey(await setting('proxy.key.private'));
    expect(key.equals(createPublicKey(await setting('proxy.key.public')))).toBe(true);
    expect(key.asymmetricKeyDetails?.modulusLength).toBe(4_096);
  });

  it('is registered at the URL of a proxy, and keeps its path when it is registered again', async () => {
    await freshStore('proxy.domain=inside.lan', 'proxy.port.http=8080');
    const url = 'https://outside.example/snaps/';
    const first = await register(signedIn(), '--store-url', 'HTTPS://Outside.example:443/snaps');
    expect([first.status, first.stdout]).toEqual([0, expect.stringContaining(`Store URL: ${url}\n`)]);
    expect([await setting('internal.store.url'), await setting('proxy.domain')]).toEqual([
      url,
      'outside.example',
    ]);
    const again = await run(['--data', current, 'reregister', '--skip-questions'], signedIn());
    expect([again.status, again.stdout]).toEqual([0, expect.stringContaining(`Store URL: ${url}\n`)]);
  });

  it.each([
    'store.example',
    'ftp://store.example',
    'http://a@store.example',
    'http://store.example/?a',
    'http://a b/',
  ])('is not registered at %s', async (url) => {
    const { status, stderr } = await run(['--data', directory, 'register', '--store-url', url]);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/^error: cannot register at "[^\n]+https:\/\/store\.example\/snaps\n$/),
    ]);
  });

  it('is registered without questions if the environment contains the answers', async () => {
    await freshStore('proxy.domain=quiet.example', 'proxy.port.http=8080');
    const { email, password } = sandbox.accounts.secondFactor;
    const env = { SNAPSTORE_EMAIL: email, SNAPSTORE_PASSWORD: password, SNAPSTORE_OTP: await sandbox.totp() };
    const { status, stdout, stderr } = await register(env, '--json');
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toEqual({
      'store-id': await setting('internal.store.id'),
      'store-url': 'http://quiet.example:8080',
      status: 'approved',
      'keys-generated': true,
    });
  });

  it('is registered at https with its port if it has a certificate', async () => {
    await freshStore('proxy.domain=127.0.0.1', 'proxy.port.https=8443');
    expect(await cli.run('import-certificate', '--selfsigned')).toMatchObject({ status: 0 });
    expect(await register()).toMatchObject({ status: 0 });
    expect(await setting('internal.store.url')).toBe('https://127.0.0.1:8443');
  });

  it('is registered at a terminal, without showing the password, and typing errors can be corrected', async () => {
    await freshStore('proxy.domain=terminal.example');
    const { email, password } = sandbox.accounts.secondFactor;
    const { status, shown } = await runOnTerminal(
      ['--data', current, 'register', '--https'],
      [
        ['Email: ', `${email}\r`],
        ['Password: ', 'mistyped\r'],
        ['Email: ', `${email}\r`],
        ['Password: ', `${password}\r`],
        ['One-time code: ', '000000\r'],
        ['One-time code: ', `${await sandbox.totp()}\r`],
        ['> ', '9\r'],
        ['> ', '1\r'],
        ['> ', '1\r'],
        ['> ', '1\r'],
        ['> ', '1\r'],
      ],
    );
    expect(shown).toContain('Store URL: https://terminal.example');
    expect(status).toBe(0);
    expect(shown).toContain('is wrong. Please try again.');
    expect(shown).toContain('The one-time code is wrong. Please try again.');
    expect(shown).toContain('Please give a number from 1 to 6.');
    expect(shown).not.toContain(password);
    expect(shown).not.toContain('mistyped');
  });

  it('is registered once, and again with the same id after a change of its domain', async () => {
    const storeId = await setting('internal.store.id');
    const again = await register();
    expect(again.status).toBe(1);
    expect(again.stderr).toBe(
      `error: cannot register: this store is registered as ${storeId} at https://terminal.example; after a change of proxy.domain use \`snap-store-proxy reregister\`\n`,
    );
    expect((await cli.run('config', 'proxy.domain=moved.example')).status).toBe(0);
    // The account that registered it has the second factor; another one is not its owner.
    const words = ['--data', current, 'reregister', '--skip-questions'];
    const stranger = await run(words, signedIn());
    expect(stranger.status).toBe(1);
    expect(stranger.stderr).toContain(`store ${storeId} belongs to another key or account`);
    expect(await setting('internal.store.url')).toBe('https://terminal.example');
    const { email, password } = sandbox.accounts.secondFactor;
    const moved = await runPiped(words, `${email}\n${password}\n${await sandbox.totp()}\n`);
    expect([moved.status, await setting('internal.store.id')]).toEqual([0, storeId]);
    expect(moved.stdout).toContain('Store URL: http://moved.example\n');
    expect(moved.stdout).toContain('Devices use this store at https://terminal.example.');
    expect(moved.stdout).toContain('curl -sL http://moved.example/v2/auth/store/assertions | sudo snap ack');
    expect(await setting('internal.store.url')).toBe('http://moved.example');
  });

  it('finds its registration again if the answer was lost', async () => {
    await freshStore('proxy.domain=unheard.example');
    await sandbox.fault({ kind: 'cut', path: '/v1/store-registrations' });
    expect(await refusedBy(register())).toContain(`cannot reach ${sandbox.url}: `);
    const second = await register();
    expect([second.status, second.stderr]).toEqual([0, '']);
    expect(second.stdout).toContain('Store URL: http://unheard.example\n');
  });

  it('renews a sign-in that expires during the questions', async () => {
    await freshStore('proxy.domain=slow.example');
    const program = startPiped(['--data', current, 'register'], signedIn());
    await program.shown('Primary reason');
    await sandbox.advance(16 * 60);
    program.type('1\n1\n1\n1\n');
    const { status, stderr } = await program.end();
    expect([status, stderr]).toEqual([0, expect.stringContaining('Size of your deployment')]);
  });

  it('is not registered with a sign-in that cannot be renewed', async () => {
    await freshStore('proxy.domain=late.example');
    const program = startPiped(['--data', current, 'register'], signedIn());
    await program.shown('Primary reason');
    await sandbox.advance(31 * 24 * 60 * 60);
    program.type('1\n1\n1\n1\n');
    expect(await refusedBy(program.end())).toContain('does not accept the sign-in');
  });
});

describe('a registration is refused', () => {
  it('with a wrong password, a wrong code, or none', async () => {
    await freshStore('proxy.domain=refused.example');
    const { email, password } = sandbox.accounts.secondFactor;
    expect(await refusedBy(register({ SNAPSTORE_EMAIL: email, SNAPSTORE_PASSWORD: 'wrong' }))).toContain(
      `${sandbox.url} does not accept this e-mail address and password`,
    );
    const both = { SNAPSTORE_EMAIL: email, SNAPSTORE_PASSWORD: password };
    expect(await refusedBy(register({ ...both, SNAPSTORE_OTP: '000000' }))).toContain(
      'does not accept this one-time code; give a fresh one',
    );
    expect(await refusedBy(register(both))).toContain(
      'cannot register without a one-time code: the input has ended',
    );
    expect(await refusedBy(register({ SNAPSTORE_EMAIL: email }))).toContain('or set SNAPSTORE_PASSWORD');
    expect(await refusedBy(register({}))).toContain('or set SNAPSTORE_EMAIL');
    expect(await refusedBy(runPiped(['--data', current, 'register'], '\n'))).toContain('the answer is empty');
    expect(await refusedBy(runPiped(['--data', current, 'register'], `${'x'.repeat(4_097)}\n`))).toContain(
      'longer than 4096 bytes',
    );
    // It is refused before any question, so no key was generated.
    expect(await setting('proxy.key.public')).toBe('');
  });

  it('after three attempts at a terminal', async () => {
    const tries = Array.from({ length: 3 }, (): [string, string][] => [
      ['Email: ', 'nobody@sandbox.test\r'],
      ['Password: ', 'wrong\r'],
    ]);
    const { status, shown } = await runOnTerminal(['--data', current, 'register'], tries.flat());
    expect(status).toBe(1);
    expect(shown.match(/Please try again/g)).toHaveLength(2);
    expect(shown).toContain('does not accept this e-mail address');
  });

  it('with an invalid answer to the survey', async () => {
    const { email, password } = sandbox.accounts.plain;
    const outcome = runPiped(['--data', current, 'register'], `${email}\n${password}\n7\n`);
    expect(await refusedBy(outcome)).toContain(
      'cannot use "7" as the answer to "Primary reason": give a number from 1 to 6',
    );
  });

  it('with an invalid domain', async () => {
    await freshStore();
    expect(await refusedBy(runPiped(['--data', current, 'register'], 'http://x\n'))).toContain(
      'cannot set proxy.domain to "http://x"',
    );
  });

  it.each([
    ['other-url', 'its store assertion has the URL http://other.sandbox.test, not http://believed.example'],
    ['other-store', 'it holds a store assertion of other-store, not of '],
    ['other-key', 'it names another public key'],
  ] as const)('with a reply for %s', async (kind, says) => {
    await freshStore('proxy.domain=believed.example');
    await sandbox.fault({ kind, path: '/v1/store-registrations' });
    expect(await refusedBy(register())).toContain(`the answer of ${sandbox.url} is invalid: ${says}`);
  });

  it('if the root of the reply is not trusted', async () => {
    await freshStore('proxy.domain=untrusted.example', 'proxy.trusted-assertions=');
    expect(await refusedBy(register())).toMatch(
      /is invalid: cannot verify .*check that proxy\.trusted-assertions/,
    );
    expect((await cli.run('status')).stdout).toContain('Assertions: 0');
  });

  it('if the URL belongs to another store', async () => {
    await freshStore('proxy.domain=piped.example');
    expect(await refusedBy(register())).toContain(
      'http://piped.example is registered with another key or account',
    );
  });

  it('if the clock is wrong, with the difference', async () => {
    await freshStore('proxy.domain=clock.example');
    for (const [seconds, says] of [
      [3_600, '60 minutes ahead of'],
      [-3_600, '60 minutes behind'],
    ] as const)
      expect(await refusedBy(register({ ...signedIn(), ...shiftedClock(directory, seconds) }))).toContain(
        `the clock of this machine is ${says} `,
      );
    expect((await register({ ...signedIn(), ...shiftedClock(directory, 240) })).status).toBe(0);
  });

  it('while the dashboard or the single sign-on fails', async () => {
    await freshStore('proxy.domain=unwell.example');
    await sandbox.fault({ kind: 'unavailable', path: '/v1/store-registrations/macaroon' });
    expect(await refusedBy(register())).toContain(`${sandbox.url} answers 503`);
    await sandbox.fault({ kind: 'busy', path: '/api/v2/tokens/discharge', 'retry-after': 7 });
    expect(await refusedBy(register())).toContain('has had too many attempts; wait 7 seconds');
    await sandbox.fault({ kind: 'wrong-bytes', path: '/v1/store-registrations/nonce', percent: 0 });
    expect(await refusedBy(register())).toContain('answers 200 with something that is not JSON');
    expect((await cli.run('config', 'proxy.sso.location=http://127.0.0.1:1')).status).toBe(0);
    expect(await refusedBy(register())).toContain('but proxy.sso.location is http://127.0.0.1:1; change it');
    expect((await cli.run('config', 'proxy.dashboard.location=http://127.0.0.1:1')).status).toBe(0);
    expect(await refusedBy(register())).toContain('cannot reach http://127.0.0.1:1: nothing listens there');
  });

  it('at Canonical’s dashboard, without a connection or a question', async () => {
    for (const location of ['https://dashboard.snapcraft.io', 'https://dashboard.staging.snapcraft.io./']) {
      expect((await cli.run('config', `proxy.dashboard.location=${location}`)).status).toBe(0);
      const outcome = register({});
      expect(await refusedBy(outcome)).toContain(
        'is not public; create the registration with `store-admin register',
      );
      expect((await outcome).stderr.split('\n')).toHaveLength(2);
    }
  });

  it('for reregister without a registration, or in air-gapped mode', async () => {
    expect(await refusedBy(run(['--data', current, 'reregister'], signedIn()))).toContain(
      'cannot register again: this store is not registered',
    );
  });

  it.each([
    ['is not JSON', 'not JSON'],
    ['is not an object', '[]'],
    ['has a number for its macaroon', '{"macaroon": 7}'],
    ['has an invalid macaroon', '{"macaroon": "AAAA"}'],
    ['is too long', `"${'x'.repeat(1 << 20)}"`],
  ])('with an answer that %s', async (_what, body) => {
    const service = await serving((_request, reply) => reply.end(body));
    try {
      await freshStore('proxy.domain=odd.example', `proxy.dashboard.location=${service.url}`);
      expect(await refusedBy(register())).toContain(service.url);
    } finally {
      service.server.close();
    }
  });
});

/** Starts a service that does not follow the contract, such as a captive portal. */
async function serving(
  answer: (request: IncomingMessage, reply: ServerResponse) => void,
): Promise<{ url: string; server: Server }> {
  const server = createServer(answer);
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  return { url: `http://127.0.0.1:${portOf(server)}`, server };
}
