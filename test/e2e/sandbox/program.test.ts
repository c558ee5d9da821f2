import { spawn } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SandboxDescription } from '../../../src/sandbox/sandbox-description.js';
import { portOf } from '../../support/ports.js';
import { PROGRAM, run } from '../../support/program.js';
import { poll } from '../device-api/wire.js';

let directory: string;
let children: (() => Promise<void>)[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandbox-program-'));
  // Run as root, the embedded server has an account of its own.
  chmodSync(directory, 0o755);
});
afterEach(async () => {
  for (const stop of children) await stop();
  children = [];
  rmSync(directory, { recursive: true });
});

interface Running {
  readonly output: string;
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>;
}

/** Starts the program with its own database and waits until what it printed ends like this. */
async function start(until: string, ...words: string[]): Promise<Running> {
  const child = spawn(process.execPath, [PROGRAM, '--data', directory, 'sandbox', '--port', '0', ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((settle) => child.once('close', settle));
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    child.kill(signal);
    return await ended;
  };
  children.push(async () => void (await stop()));
  let output = '';
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  await new Promise<void>((settle, fail) => {
    child.once('close', () => fail(new Error(`ended: ${errors}`)));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.endsWith(until)) settle();
    });
  });
  return { output, stop };
}

async function describeStarted(
  ...words: string[]
): Promise<{ sandbox: SandboxDescription; stop: Running['stop'] }> {
  const { output, stop } = await start('}\n', '--json', ...words);
  return { sandbox: JSON.parse(output) as SandboxDescription, stop };
}

/** Process ids of the database servers whose data lie below a folder. */
function serversOf(folder: string): string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return (
        readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')[2] === join(folder, 'sandbox/postgres')
      );
    } catch {
      return false;
    }
  });
}

async function refused(...words: string[]): Promise<string> {
  const { status, stdout, stderr } = await run(['--data', directory, 'sandbox', ...words]);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^error: [^\n]+\n$/);
  return stderr.slice('error: '.length).trim();
}

it('says that it is a sandbox, and how a store is turned to it', async () => {
  const { output, stop } = await start('registrations.\n');
  expect(output).toMatch(/^This is a sandbox: a stand-in for the official store/);
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(output)?.[0] ?? '';
  for (const line of [
    `proxy.upstream=${url}`,
    `proxy.dashboard.location=${url}`,
    `proxy.sso.location=${url}`,
    `proxy.trusted-assertions=${join(directory, 'sandbox/root.assert')}`,
    'operator@sandbox.test  password ',
    'sandbox-hello  by sandbox-publisher',
  ])
    expect(output).toContain(line);
  expect((await fetch(`${url}/v2/snaps/info/sandbox-hello`)).status).toBe(200);
  expect(await stop('SIGINT')).toBe(0);
});

it('keeps its secrets to itself, and is the same after a crash', async () => {
  const first = await describeStarted();
  const root = readFileSync(first.sandbox.rootFile);
  const upstream = join(directory, 'sandbox/upstream');
  expect(statSync(upstream).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(upstream))
    expect(statSync(join(upstream, name)).mode & 0o777, name).toBe(0o600);
  await first.stop('SIGKILL');
  const second = await describeStarted();
  expect(readFileSync(second.sandbox.rootFile).equals(root)).toBe(true);
  expect(second.sandbox.accounts).toEqual(first.sandbox.accounts);
  expect((await fetch(`${second.sandbox.url}/v2/snaps/info/sandbox-notes`)).status).toBe(200);
});

it('starts anew where it is told to', async () => {
  const first = await describeStarted();
  const root = readFileSync(first.sandbox.rootFile);
  // Its database server goes on running.
  await first.stop('SIGKILL');
  const second = await describeStarted('--reset');
  expect(readFileSync(second.sandbox.rootFile).equals(root)).toBe(false);
  expect(second.sandbox.accounts).not.toEqual(first.sandbox.accounts);
  expect((await fetch(`${second.sandbox.url}/v2/snaps/info/sandbox-notes`)).status).toBe(200);
  // A connection that is just being made has the server's own command line for a moment.
  expect(
    await poll(
      () => serversOf(directory),
      ({ length }) => length === 1,
    ),
  ).toHaveLength(1);
  await second.stop();
  expect(serversOf(directory)).toEqual([]);
});

it('resets no database that is not its own', async () => {
  mkdirSync(join(directory, 'sandbox/upstream'), { recursive: true });
  writeFileSync(join(directory, 'sandbox/config.yaml'), 'proxy.db.connection: "postgresql:///elsewhere"\n');
  expect(await refused('--reset')).toMatch(/^cannot reset the sandbox: its database is not its own: /);
  expect(readdirSync(join(directory, 'sandbox'))).toEqual(['config.yaml', 'upstream']);
});

it('shares its directory with no other sandbox', async () => {
  const { sandbox } = await describeStarted();
  expect(await refused('--port', '0')).toMatch(/^cannot start the sandbox: another one uses /);
  expect(await refused('--reset', '--port', '0')).toMatch(/^cannot start the sandbox: another one uses /);
  expect((await fetch(`${sandbox.url}/v2/snaps/info/sandbox-notes`)).status).toBe(200);
});

it('removes nothing that it did not make', async () => {
  mkdirSync(join(directory, 'sandbox'));
  writeFileSync(join(directory, 'sandbox/photo.jpg'), 'x');
  expect(await refused('--reset')).toMatch(/^cannot reset the sandbox: .* was not made by one$/);
  expect(readdirSync(join(directory, 'sandbox'))).toEqual(['photo.jpg']);
});

it('names the file that was damaged', async () => {
  const { stop } = await describeStarted();
  await stop();
  for (const name of ['secrets.json', 'registrations.json', 'root.pem']) {
    const path = join(directory, 'sandbox/upstream', name);
    const before = readFileSync(path);
    writeFileSync(path, '{');
    expect(await refused('--port', '0')).toContain(`cannot read ${path}: it is not what the sandbox wrote`);
    writeFileSync(path, before);
  }
});

it.each([
  [['--port', '65536'], 'cannot use port "65536": give 0 to 65535'],
  [['--port', 'x'], 'cannot use port "x": give 0 to 65535'],
  [['--fault', 'nonsense'], 'cannot make this fault: kind must be one of slow, cut'],
  [['--fault', 'cut,percent'], 'cannot make this fault: "percent" is not name=value'],
  [['--fault', 'cut,percent=101'], 'cannot make this fault: percent must be a number from 0 to 100'],
])('%j is refused, and makes nothing', async (words, message) => {
  expect(await refused(...words)).toContain(message);
  expect(readdirSync(directory)).toEqual([]);
});

it('says that its port is taken', async () => {
  const server = await new Promise<Server>((settle) => {
    const made = createServer().listen(0, '127.0.0.1', () => settle(made));
  });
  const port = portOf(server);
  expect(await refused('--port', String(port))).toBe(
    `cannot listen on 127.0.0.1 port ${port}: another program listens there; give --port`,
  );
  await new Promise((settle) => {
    server.close(settle);
  });
});

it('takes faults from its command line', async () => {
  const { sandbox } = await describeStarted(
    '--fault',
    'busy,count=1,retry-after=3',
    '--fault',
    'cut,path=/x*,count=always',
  );
  const { faults } = (await (await fetch(`${sandbox.url}/sandbox/faults`)).json()) as { faults: object[] };
  expect(faults).toMatchObject([
    { kind: 'busy', count: 1, 'retry-after': 3, path: '*' },
    { kind: 'cut', count: 'always', path: '/x*', percent: 50 },
  ]);
});
