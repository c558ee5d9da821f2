import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_SECRET_BYTES } from '../../../src/common/terminal/secret-argument.js';
import { Cli } from '../../support/cli.js';
import { CommandStore } from '../../support/command-store.js';
import { wordsOfTree } from '../../support/process-words.js';
import { collect, PROGRAM } from '../../support/program.js';
import { secretFile } from '../../support/secret-file.js';

const SECRET = 'Sesame4711Sesame';

let directory: string;
let machine: CommandStore;

beforeAll(async () => {
  machine = await CommandStore.start();
  ({ directory } = machine);
});
afterAll(() => machine.stop());

const cli = new Cli(() => machine.dataDir);

describe('a secret', () => {
  it.each(['@FILE', '-'])('that comes as %s reaches the setting without a warning', async (form) => {
    const argument = form === '-' ? '-' : secretFile(directory, SECRET);
    const input = form === '-' ? `${SECRET}\n` : undefined;
    expect(await cli.runWith({ input }, 'config', `proxy.hsm.token-pin=${argument}`)).toEqual({
      status: 0,
      stdout: 'proxy.hsm.token-pin: <redacted>\n',
      stderr: '',
    });
    expect((await cli.run('config', 'proxy.hsm.token-pin')).stdout).toBe(`${SECRET}\n`);
  });

  it.each([
    [['config', `proxy.hsm.token-pin=${SECRET}`], 'proxy.hsm.token-pin'],
    [['config', `proxy.https.proxy=http://user:${SECRET}@proxy.example`], 'proxy.https.proxy'],
    [['config', `proxy.db.connection=postgresql://user:${SECRET}@127.0.0.1:1/store`], 'proxy.db.connection'],
    [['enable-airgap-mode', '--password', SECRET], '--password'],
    [['create', 'model', 'none', '--api-key', SECRET], '--api-key'],
    [['register', '--offline', '--install-password', SECRET], '--install-password'],
  ])('on the command line itself causes a one-line warning (%#)', async (words, option) => {
    const { stderr } = await cli.run(...words);
    const [warning = ''] = stderr.split('\n');
    expect(warning).toBe(
      `warning: other accounts of this machine can see the value of ${option} while the command runs; give @FILE, or - for the standard input`,
    );
    expect(stderr).not.toContain(SECRET);
  });

  it.each([
    ['config', 'proxy.https.proxy=http://proxy.example'],
    ['config', 'proxy.https.proxy='],
    ['config', 'proxy.domain=@home'],
  ])('causes no warning if it is not secret: %s %s', async (...words) => {
    expect((await cli.run(...words)).stderr).not.toContain('warning');
  });

  it('is read from a URL in a file, for settings that may contain a secret', async () => {
    const url = `http://user:${SECRET}@proxy.example/`;
    const set = await cli.run('config', `proxy.https.proxy=${secretFile(directory, url)}`);
    expect(set).toMatchObject({ status: 0, stderr: '' });
    expect((await cli.run('config', 'proxy.https.proxy')).stdout).toBe(`${url}\n`);
  });

  it.each([
    ['@/nowhere/secret', 'cannot read proxy.hsm.token-pin from /nowhere/secret: there is no such file'],
    [
      '@/proc/self',
      'cannot read proxy.hsm.token-pin from /proc/self: EISDIR: illegal operation on a directory, read',
    ],
  ])('is refused in one line if %s is not a file', async (argument, message) => {
    expect(await cli.run('config', `proxy.hsm.token-pin=${argument}`)).toEqual({
      status: 1,
      stdout: '',
      stderr: `error: ${message}\n`,
    });
  });

  it('has the same limit in a file and on the standard input', async () => {
    const long = join(directory, 'long');
    writeFileSync(long, 'x'.repeat(MAX_SECRET_BYTES + 1));
    const ofFile = await cli.run('config', `proxy.hsm.token-pin=@${long}`);
    expect(ofFile.stderr).toBe(
      `error: cannot read proxy.hsm.token-pin from ${long}: it is longer than ${MAX_SECRET_BYTES} bytes\n`,
    );
    const ofInput = await cli.runWith(
      { input: 'x'.repeat(MAX_SECRET_BYTES + 1) },
      'config',
      'proxy.hsm.token-pin=-',
    );
    expect(ofInput.stderr).toBe(
      `error: cannot read proxy.hsm.token-pin: the input is longer than ${MAX_SECRET_BYTES} bytes\n`,
    );
    const atLimit = await cli.runWith(
      { input: 'x'.repeat(MAX_SECRET_BYTES) },
      'config',
      'proxy.hsm.token-pin=-',
    );
    expect(atLimit.stderr).toContain('give up to 255 bytes');
  });

  it('cannot be read twice from the standard input', async () => {
    const twice = await cli.runWith(
      { input: SECRET },
      'config',
      'proxy.hsm.token-pin=-',
      'proxy.https.proxy=-',
    );
    expect(twice).toMatchObject({
      status: 1,
      stderr:
        'error: cannot read proxy.https.proxy: the standard input was already read for proxy.hsm.token-pin; give one of them as @FILE\n',
    });
  });
});

describe('the list of processes', () => {
  it('shows no secret of a running command', async () => {
    // A server that accepts connections and never answers. The command waits, so its arguments can be checked.
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const url = `postgresql://user:${SECRET}@127.0.0.1:${port}/store?connect_timeout=2`;
    const words = [
      '--data',
      join(directory, 'other'),
      'config',
      `proxy.db.connection=${secretFile(directory, url)}`,
    ];
    const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    const outcome = collect(child);
    await once(silent, 'connection');
    const shown = wordsOfTree(child.pid ?? 0);
    expect(shown).toContain('proxy.db.connection=@');
    expect(shown).not.toContain(SECRET);
    expect(await outcome).toMatchObject({ status: 1, stderr: expect.not.stringContaining(SECRET) as string });
    silent.close();
  });
});
