import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { OWNER_ROLE } from '../../../src/database/embedded/access.js';
import { EmbeddedPostgres } from '../../../src/database/embedded/embedded-postgres.js';
import { run, runOnTerminal } from '../../support/program.js';
import { query } from '../../support/query.js';
import { secretFile } from '../../support/secret-file.js';

const PASSWORD = "p@ss/w?rd:%'";

let directory: string;
let server: EmbeddedPostgres;
let data: string;
let url: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'database-password-'));
  chmodSync(directory, 0o755);
  const folder = join(directory, 'server');
  mkdirSync(folder);
  server = await EmbeddedPostgres.acquire(folder);
  const { host, port } = server.connection;
  const owner = { ...server.connection, user: OWNER_ROLE };
  await query(owner, `create role clerk login password '${PASSWORD.replaceAll("'", "''")}'`);
  await query(owner, `create role guest password 'nothing'`);
  await query(owner, 'create database clerks owner clerk');
  const [row] = await query(owner, 'show hba_file');
  const rules = String(row?.['hba_file']);
  const before = readFileSync(rules, 'utf8');
  writeFileSync(rules, 'local clerks clerk scram-sha-256\nlocal clerks guest scram-sha-256\n');
  appendFileSync(rules, before);
  await query(owner, 'select pg_reload_conf()');
  url = `postgresql://clerk@/clerks?host=${encodeURIComponent(host)}&port=${port}`;
});
afterAll(async () => {
  await server.release();
  rmSync(directory, { recursive: true, force: true });
});
beforeEach(() => {
  data = mkdtempSync(join(directory, 'data-'));
});

const asks = (attempt: number, user = 'clerk') =>
  `Please enter password for database user ${user} (attempt ${attempt} of 3): `;
const set = (connection: string) => ['--data', data, 'config', `proxy.db.connection=${connection}`];

it('asks for the password on a terminal, does not show it, and keeps the right one', async () => {
  const { status, shown } = await runOnTerminal(set(url), [
    [asks(1), 'wrong\n'],
    [asks(2), `${PASSWORD}\n`],
  ]);
  const lines = shown.split('\r\n').map((line) => line.trim());
  const refusal = [
    'Authentication error with user clerk.',
    'Check the user name and password and that the user has the LOGIN privilege.',
  ];
  expect(lines.slice(0, 6)).toEqual([...refusal, asks(1).trim(), ...refusal, asks(2).trim()]);
  expect(lines[6]).toMatch(/^proxy\.db\.connection: postgresql:\/\/clerk:<redacted>@\/clerks\?host=/);
  expect(shown).not.toContain('wrong');
  expect(shown).not.toContain(PASSWORD);
  expect(status).toBe(0);
  expect((await run(['--data', data, 'status'])).stdout).toContain('Store DB: ok\n');
});

it('stops after three wrong ones, and changes nothing', async () => {
  const { status, shown } = await runOnTerminal(set(url), [
    [asks(1), 'wrong1\n'],
    [asks(2), 'wrong2\n'],
    [asks(3), 'wrong3\n'],
  ]);
  expect(status).toBe(1);
  expect(shown).not.toMatch(/wrong|attempt 4/);
  expect(shown).toMatch(
    /\nerror: cannot reach the database at [^\n]+: Authentication error with user clerk\. [^\n]+\n$/,
  );
  expect((await run(['--data', data, 'config', 'proxy.db.connection'])).stdout).toBe('\n');
});

it.each(['', ':wrong'])('on a pipe, refuses the user%s in one line', async (password) => {
  const { status, stdout, stderr } = await run(
    set(secretFile(directory, url.replace('clerk@', `clerk${password}@`))),
  );
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(
    /^error: cannot reach the database at \S+: Authentication error with user clerk\. Check the user name and password and that the user has the LOGIN privilege\n$/,
  );
});

it('reports the same for a user who may not log in', async () => {
  const guest = url.replace('clerk@', 'guest:nothing@');
  const { status, stderr } = await run(set(guest));
  expect(status).toBe(1);
  expect(stderr).toContain('Authentication error with user guest. ');
});

it('does not ask if the password is right', async () => {
  const right = url.replace('clerk@', `clerk:${encodeURIComponent(PASSWORD)}@`);
  const { status, shown } = await runOnTerminal(set(secretFile(directory, right)), []);
  expect({ status, lines: shown.trim().split('\r\n').length }).toEqual({ status: 0, lines: 2 });
});
