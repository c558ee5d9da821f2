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
import { refusalIn } from '../../support/cli.js';
import { poll } from '../../support/poll.js';
import { portOf } from '../../support/ports.js';
import { PROGRAM, run } from '../../support/program.js';

let directory: string;
let children: (() => Promise<void>)[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandbox-program-'));
  // If run as root, the embedded server uses its own account.
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

/** Starts the program with its own database and waits until its output ends with `until`. */
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
    child.once('close', () => fail(new Error(`exited: ${errors}`)));
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

/** Process ids of the database servers whose data are below a folder. */
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
  return refusalIn(await run(['--data', directory, 'sandbox', ...words]));
}

it('prints that it is a sandbox, and how a store uses it', async () => {
  const { output, stop } = await start('registrations.\n');
  expect(output).toMatch(/^This is a sandbox: it replaces the official store/);
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

it('keeps its secrets private, and is the same after a crash', async () => {
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

it('starts from the beginning with --reset', async () => {
  const first = await describeStarted();
  const root = readFileSync(first.sandbox.rootFile);
  // Its database server keeps running.
  await first.stop('SIGKILL');
  const second = await describeStarted('--reset');
  expect(readFileSync(second.sandbox.rootFile).equals(root)).toBe(false);
  expect(second.sandbox.accounts).not.toEqual(first.sandbox.accounts);
  expect((await fetch(`${second.sandbox.url}/v2/snaps/info/sandbox-notes`)).status).toBe(200);
  // A connection that is being opened shows the server's own command line for a moment.
  expect(
    await poll(
      () => serversOf(directory),
      ({ length }) => length === 1,
    ),
  ).toHaveLength(1);
  await second.stop();
  expect(serversOf(directory)).toEqual([]);
});

it('does not reset a database that it does not own', async () => {
  mkdirSync(join(directory, 'sandbox/upstream'), { recursive: true });
  writeFileSync(join(directory, 'sandbox/config.yaml'), 'proxy.db.connection: "postgresql:///elsewhere"\n');
  expect(await refused('--reset')).toMatch(/^cannot reset the sandbox: it does not own its database; /);
  expect(readdirSync(join(directory, 'sandbox'))).toEqual(['config.yaml', 'upstream']);
});

it('refuses a directory that another sandbox uses', async () => {
  const { sandbox } = await describeStarted();
  expect(await refused('--port', '0')).toMatch(/^cannot start the sandbox: another sandbox uses /);
  expect(await refused('--reset', '--port', '0')).toMatch(/^cannot start the sandbox: another sandbox uses /);
  expect((await fetch(`${sandbox.url}/v2/snaps/info/sandbox-notes`)).status).toBe(200);
});

it('does not remove a directory that it did not create', async () => {
  mkdirSync(join(directory, 'sandbox'));
  writeFileSync(join(directory, 'sandbox/photo.jpg'), 'x');
  expect(await refused('--reset')).toMatch(/^cannot reset the sandbox: .* was not created by a sandbox$/);
  expect(readdirSync(join(directory, 'sandbox'))).toEqual(['photo.jpg']);
});

it('names a damaged file', async () => {
  const { stop } = await describeStarted();
  await stop();
  for (const name of ['secrets.json', 'registrations.json', 'root.pem']) {
    const path = join(directory, 'sandbox/upstream', name);
    const before = readFileSync(path);
    writeFileSync(path, '{');
    expect(await refused('--port', '0')).toContain(
      `cannot read ${path}: the sandbox did not write it in this form`,
    );
    writeFileSync(path, before);
  }
});

it.each([
  [['--port', '65536'], 'cannot use port "65536": give 0 to 65535'],
  [['--port', 'x'], 'cannot use port "x": give 0 to 65535'],
  [['--fault', 'nonsense'], 'cannot make this fault: kind must be one of slow, cut'],
  [['--fault', 'cut,percent'], 'cannot make this fault: "percent" is not name=value'],
  [['--fault', 'cut,percent=101'], 'cannot make this fault: percent must be a number from 0 to 100'],
])('%j is refused, and nothing is created', async (words, message) => {
  expect(await refused(...words)).toContain(message);
  expect(readdirSync(directory)).toEqual([]);
});

it('reports that its port is in use', async () => {
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

it('accepts faults on its command line', async () => {
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
