import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { poll } from '../../support/poll.js';
import { freePort } from '../../support/ports.js';
import { jsonOf, listen, send } from '../device-api/wire.js';
import { at, World } from '../device-api/world.js';

const isInstalled =
  spawnSync('nginx', ['-v'], { env: { PATH: `${process.env['PATH']}:/usr/sbin` } }).status === 0;
const WITHOUT_NGINX = isInstalled ? '' : ' (skipped: nginx is not installed)';

/** Common proxy headers, from none to those in docs/reverse-proxy.md. */
const VARIANTS = {
  plain: '',
  host: 'proxy_set_header Host $host;',
  httpHost: 'proxy_set_header Host $http_host;',
  modern: 'proxy_http_version 1.1; proxy_set_header Connection "";',
} as const;

describe.skipIf(!isInstalled)(`behind nginx${WITHOUT_NGINX}`, () => {
  let world: World;
  let directory: string;
  let nginx: ChildProcess;
  let documented: number;
  const ports = new Map<string, number>();

  /** The example in the docs, with other ports. */
  async function sample(from: number, to: number): Promise<string> {
    const page = await readFile(join(import.meta.dirname, '../../../docs/reverse-proxy.md'), 'utf8');
    const [, block = ''] = /^```nginx\n([^`]*)^```/m.exec(page) ?? [];
    return block
      .replace('listen 80;', `listen 127.0.0.1:${from};`)
      .replace('127.0.0.1:8080', `127.0.0.1:${to}`);
  }

  beforeAll(async () => {
    world = await World.start();
    await world.push({ name: 'one', revision: 1 });
    const { stack } = world.publisher;
    const store = await listen(world.store.app);
    directory = await mkdtemp(join(tmpdir(), 'nginx-'));
    await chmod(directory, 0o777);
    let servers = '';
    for (const [name, headers] of Object.entries(VARIANTS)) {
      const port = await freePort();
      ports.set(name, port);
      const below = `location /below/ { proxy_pass http://127.0.0.1:${store}/; ${headers} }`;
      servers += `server { listen 127.0.0.1:${port}; location / { proxy_pass http://127.0.0.1:${store}; ${headers} } ${below} }\n`;
      const url = `http://127.0.0.1:${port}`;
      await world.acknowledge(
        ...stack.chain(
          stack.store({ store: name, operatorId: 'acme', url }),
          stack.store({ store: `${name}-below`, operatorId: 'acme', url: `${url}/below/` }),
        ),
      );
    }
    documented = await freePort();
    servers += await sample(documented, store);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((kind) => `${kind}_temp_path ${directory}/${kind};`)
      .join(' ');
    await writeFile(
      join(directory, 'conf'),
      `daemon off; pid ${directory}/pid; error_log ${directory}/errors;\nevents {}\nhttp { access_log off; ${temporary}\n${servers} }\n`,
    );
    nginx = spawn('nginx', ['-e', `${directory}/errors`, '-c', `${directory}/conf`], {
      env: { PATH: `${process.env['PATH']}:/usr/sbin` },
      stdio: 'ignore',
    });
    await poll(
      async () =>
        await send(documented, { path: '/' }).then(
          () => true,
          () => false,
        ),
      (isUp) => isUp,
    );
  });
  afterAll(async () => {
    nginx.kill('SIGTERM');
    await once(nginx, 'close');
    await world.stop();
    await rm(directory, { recursive: true, force: true });
  });

  /** The URL of a file for a device that uses a port, and whether the file is there. */
  async function downloads(port: number, below = ''): Promise<string> {
    const info = await send(port, { path: `${below}/v2/snaps/info/one?fields=download` });
    const url = new URL(String(at(jsonOf(info), 'channel-map', '0', 'download', 'url')));
    if (url.hostname === '127.0.0.1') {
      const file = await send(Number(url.port), { path: url.pathname });
      expect([url.href, file.status]).toEqual([url.href, 200]);
    }
    return url.href.replace(/\/api\/.*/, '');
  }

  it.each(Object.keys(VARIANTS))('%s: devices come back through it', async (name) => {
    const port = ports.get(name) ?? 0;
    const settings = world.store.app.get(SettingsService);
    for (const [id, below] of [
      [name, ''],
      [`${name}-below`, '/below'],
    ] as const) {
      await settings.set([['internal.store.id', id]]);
      const expected = `http://127.0.0.1:${port}${below}`;
      await vi.waitFor(async () => expect(await downloads(port, below)).toBe(expected), { timeout: 60_000 });
    }
  });

  it('the example in the docs passes on no forwarding header of a client', async () => {
    await world.store.app.get(SettingsService).set([['proxy.trusted-proxies', '127.0.0.1']]);
    const headers = {
      'x-forwarded-host': 'evil',
      'x-forwarded-port': '1',
      forwarded: 'host=evil;proto=https',
    };
    const reply = await send(documented, { path: '//v2/snaps/info/one/?fields=download', headers });
    expect(reply.status).toBe(200);
    expect(reply.body.toString()).toContain('"url":"http://127.0.0.1:');
    expect(reply.body.toString()).not.toContain('evil');
  });
});
