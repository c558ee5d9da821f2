import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cli } from '../../support/cli.js';
import { createTestDatabase, type TestDatabase } from '../../support/database.js';
import { freePort } from '../../support/ports.js';
import { serve } from '../../support/program.js';
import { TestStoreStack } from '../../support/store-stack.js';
import { TestDevice } from '../../support/test-device.js';

const USER_AGENT = 'snapd/2.68 (series 16; classic)';
const device = new TestDevice(new TestStoreStack({ authorityId: 'elsewhere' }), 'sn-1');
let directory: string;
let database: TestDatabase;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'list-devices-'));
  database = await createTestDatabase();
  for (const name of ['a', 'b']) {
    const port = await freePort();
    const settings = [`proxy.db.connection=${database.url}`, 'proxy.ipaddress=127.0.0.1'];
    expect((await unit(name).run('config', ...settings, `proxy.port.http=${port}`)).status).toBe(0);
  }
  const { stdout: key } = await unit('a').run('secrets-key', 'export');
  expect(await unit('b').runWith({ input: key }, 'secrets-key', 'import', '-')).toMatchObject({ status: 0 });
});
afterAll(async () => {
  await database.drop();
  rmSync(directory, { recursive: true });
});

const unit = (name: string) => new Cli(() => join(directory, name));

async function post(url: string, body?: object, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(url, {
    method: 'POST',
    headers: { 'User-Agent': USER_AGENT, 'Content-Type': 'application/json', ...headers },
    body: body ? JSON.stringify(body) : '{}',
  });
}

it('prints only headers if there is no device', async () => {
  expect((await unit('a').run('list-devices', '--json')).stdout).toBe('{\n  "devices": []\n}\n');
  expect((await unit('a').run('list-devices', '--csv')).stdout).toBe(
    'brand-id,model,serial,serial-trust,snapd-version,first-seen,last-seen,snaps\n',
  );
});

it('refuses to print two formats at once', async () => {
  expect(await unit('a').run('list-devices', '--csv', '--json')).toEqual({
    status: 1,
    stdout: '',
    stderr: 'error: cannot print JSON and CSV at once: give --json or --csv\n',
  });
});

it('lists a device that got its nonce from one unit, its session from another, and was served by both', async () => {
  const [one, other] = await Promise.all(['a', 'b'].map((name) => serve(['--data', join(directory, name)])));
  if (!one || !other) throw new Error('no server');
  try {
    const { nonce } = (await (await post(`${one.url}/api/v1/snaps/auth/nonces`)).json()) as { nonce: string };
    const opened = await post(`${other.url}/api/v1/snaps/auth/sessions`, device.request({ nonce }));
    expect(opened.status).toBe(200);
    const { macaroon } = (await opened.json()) as { macaroon: string };
    const again = device.request({ nonce, headers: { timestamp: '2026-03-01T00:00:00Z' } });
    expect((await post(`${one.url}/api/v1/snaps/auth/sessions`, again)).status).toBe(400);
    const snap = {
      'snap-id': 'A'.repeat(32),
      'instance-key': 'A',
      revision: 7,
      'tracking-channel': 'stable',
    };
    for (const { url } of [one, other]) {
      const headers = { 'Snap-Device-Authorization': `Macaroon root="${macaroon}"` };
      const reply = await post(`${url}/v2/snaps/refresh`, { context: [snap], actions: [] }, headers);
      expect(reply.status).toBe(200);
    }
  } finally {
    for (const { child } of [one, other]) child.kill('SIGTERM');
  }
  for (const { ended } of [one, other]) expect((await ended).status).toBe(0);

  const listed = JSON.parse((await unit('a').run('list-devices', '--json')).stdout) as unknown;
  expect(listed).toEqual({
    devices: [
      {
        'brand-id': 'brand',
        model: 'my-model',
        serial: 'sn-1',
        'serial-trust': 'unknown',
        'snapd-version': '2.68',
        'first-seen': expect.stringMatching(/^20.+Z$/) as string,
        'last-seen': expect.stringMatching(/^20.+Z$/) as string,
        snaps: [{ 'snap-id': 'A'.repeat(32), revision: 7, channel: 'stable' }],
      },
    ],
  });
  const [head, row] = (await unit('a').run('list-devices')).stdout.split('\n');
  expect(head).toMatch(/^Brand +Model +Serial +snapd +Snaps +Last seen$/);
  expect(row).toMatch(/^brand +my-model +sn-1 +2\.68 +1 +20\S+Z$/);
  expect((await unit('a').run('list-devices', '--csv')).stdout).toMatch(
    new RegExp(`\\nbrand,my-model,sn-1,unknown,2\\.68,\\S+,${'A'.repeat(32)}=7\\n$`),
  );
});
