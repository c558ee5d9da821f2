import { randomBytes, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bundleOf } from '../../support/bundle-writer.js';
import { refusalIn } from '../../support/cli.js';
import { portOf } from '../../support/ports.js';
import { tarOf } from '../../support/tar-file.js';
import { writePair, type TestSnap } from '../../support/test-snaps.js';
import { runWarm } from '../../support/warm-program.js';
import { RemoteWorld } from './remote-world.js';

/** More than comes along with a command, so that it is uploaded. */
const LONG_BYTES = 8 << 20;

let world: RemoteWorld;

beforeAll(async () => {
  world = await RemoteWorld.start();
});
afterAll(() => world.stop());

function longSnap(name: string, revision = 1): TestSnap {
  return world.publisher.snap({ name, revision, padding: randomBytes(LONG_BYTES) });
}

async function uploads(): Promise<unknown[]> {
  const token = await world.token('far', 'admin');
  const answer = await fetch(`${world.url}/admin/v1/uploads`, {
    headers: { authorization: `Bearer ${token}` },
  });
  return ((await answer.json()) as { items: unknown[] }).items;
}

async function lastAudited(): Promise<Record<string, unknown>> {
  const text = await world.local.ok('audit', 'list', '--limit', '1', '--json');
  return (JSON.parse(text) as { events: Record<string, unknown>[] }).events[0] ?? {};
}

it('pushes a bundle, with the words of the machine, and the audit trail says who', async () => {
  const bundle = join(world.directory, 'far.tar.gz');
  writeFileSync(bundle, await tarOf(bundleOf([longSnap('far-bundle')])));
  const { status, stdout } = await world.far('push-snap', bundle);
  expect(status).toBe(0);
  expect(stdout).toContain('[snap far-bundle] Uploaded snap blob and assertions for far-bundle revision 1\n');
  expect(await lastAudited()).toMatchObject({
    action: 'import.push',
    subject: bundle,
    actor: { name: 'far' },
  });
  expect(await uploads()).toEqual([]);
  // Pushed again, it says what the machine says.
  expect(await world.far('push-snap', bundle)).toEqual(await world.local.run('push-snap', bundle));
});

it('pushes a snap with the assertions beside it, named or not', async () => {
  const alone = await writePair(join(world.directory, 'pair'), longSnap('far-pair'));
  const { status, stdout } = await world.far('push-snap', alone, '--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ files: [{ file: alone, outcome: 'pushed' }] });
  const both = [alone, alone.replace(/\.snap$/, '.assert')];
  expect(await world.far('push-snap', ...both)).toEqual(await world.local.run('push-snap', ...both));
});

it('pushes a folder', async () => {
  const folder = join(world.directory, 'folder');
  await writePair(folder, longSnap('far-folder', 1));
  await writePair(folder, longSnap('far-folder', 2));
  expect((await world.far('push-snap', folder)).status).toBe(0);
  expect(await world.local.ok('info', 'far-folder')).toContain('revisions:     2');
});

it('refuses as the machine does, and nothing is left', async () => {
  const snap = longSnap('far-false');
  const path = await writePair(join(world.directory, 'false'), { ...snap, bytes: randomBytes(LONG_BYTES) });
  const far = await world.far('push-snap', path);
  expect(far).toEqual(await world.local.run('push-snap', path));
  expect(far.status).toBe(1);
  expect(far.stderr).toContain(path);
  expect(await uploads()).toEqual([]);
  expect(refusalIn(await world.far('push-snap', join(world.directory, 'none.snap')))).toContain('none.snap');
});

it('goes on where the connection broke', async () => {
  let cuts = 0;
  const proxy = createServer((client) => {
    const store = connect(Number(new URL(world.url).port), '127.0.0.1');
    let bytes = 0;
    for (const socket of [client, store]) socket.on('error', () => undefined);
    client.on('close', () => store.destroy());
    store.on('close', () => client.destroy());
    store.pipe(client);
    client.on('data', (chunk) => {
      bytes += chunk.length;
      store.write(chunk);
      if (bytes < LONG_BYTES / 4 || cuts >= 2) return;
      cuts += 1;
      client.destroy();
    });
  });
  await new Promise<void>((settle) => proxy.listen(0, '127.0.0.1', settle));
  const path = await writePair(join(world.directory, 'cut'), longSnap('far-cut'));
  const tokenFile = await world.tokenFile('far', 'admin');
  const url = `http://127.0.0.1:${portOf(proxy)}`;
  const { status, stdout } = await runWarm(['push-snap', path, '--url', url, '--token-file', tokenFile]);
  proxy.close();
  expect(stdout).toContain('far-cut revision 1');
  expect([status, cuts]).toEqual([0, 2]);
});

it('takes no upload that the caller has not, or not completely', async () => {
  const ask = async (upload: string) =>
    await world.post({ arguments: ['push-snap', 'a.snap'], files: [{ name: 'a.snap', upload }] });
  expect((await ask(randomUUID())).status).toBe(404);
  expect((await ask('../../etc/passwd')).status).toBe(400);
  const headers = { 'tus-resumable': '1.0.0', 'upload-metadata': 'filename YS5zbmFw', 'upload-length': '9' };
  const begin = async (token: string) => {
    const answer = await fetch(`${world.url}/admin/v1/uploads`, {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${token}` },
    });
    return ((await answer.json()) as { id: string }).id;
  };
  expect((await ask(await begin(await world.token('far', 'admin')))).status).toBe(409);
  expect((await ask(await begin(await world.token('other', 'admin')))).status).toBe(404);
});

it('needs role and scope for imports', async () => {
  const path = await writePair(join(world.directory, 'viewer'), longSnap('far-viewer'));
  for (const [name, role, scopes] of [
    ['only-views', 'viewer', []],
    ['only-releases', 'operator', ['release']],
  ] as const)
    expect((await world.farAs(await world.tokenFile(name, role, scopes), 'push-snap', path)).status).toBe(1);
  expect((await world.local.run('info', 'far-viewer')).status).toBe(1);
});
