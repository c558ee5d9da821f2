import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { Cli } from '../../support/cli.js';
import { CommandStore } from '../../support/command-store.js';
import { freePort } from '../../support/ports.js';
import { run, serve } from '../../support/program.js';
import { TestStoreStack } from '../../support/store-stack.js';

const stack = new TestStoreStack();
const chain = stack.chain(stack.store({ store: 'acme-store', url: 'http://store.example:8080' }));
const STORE_LINES = 'Store URL: http://store.example:8080\nStore DB: ok\nStore ID: acme-store\n';

let directory: string;
let machine: CommandStore;
let port: number;

beforeAll(async () => {
  machine = await CommandStore.start();
  ({ directory } = machine);
  port = await freePort();
  await cli.run('config', 'proxy.ipaddress=127.0.0.1', `proxy.port.http=${port}`);
});
afterAll(() => machine.stop());

async function listening(answer: Parameters<typeof createServer>[1], at = 0): Promise<Server> {
  const server = createServer(answer);
  await new Promise<void>((settle) => server.listen(at, '127.0.0.1', settle));
  return server;
}

async function close(server: Server): Promise<void> {
  await new Promise((settle) => server.close(settle));
}

const cli = new Cli(() => machine.dataDir);

async function services(): Promise<unknown> {
  const { stdout } = await cli.run('status');
  return (parse(stdout) as Record<string, unknown>)['Internal Service Status'];
}

describe('status', () => {
  it('shows a store that is not registered and whose server does not run', async () => {
    const { status, stdout } = await cli.run('status');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^Store URL: not registered\nStore DB: ok\nStore ID: not registered\nMode: online\n/,
    );
    expect(stdout).toContain(
      `\n  http: "not running: nothing listens at 127.0.0.1 port ${port}"\n  database: running\n`,
    );
    expect(parse(stdout)).toMatchObject({ Snaps: 0, Stores: [], 'Account keys': [] });
  });

  it('names another program on the port', async () => {
    const other = await listening((_request, response) => void response.end('hello'), port);
    expect(await services()).toMatchObject({
      http: `not running: another program answers at 127.0.0.1 port ${port}`,
    });
    await close(other);
    const cutting = await listening((request) => void request.socket.destroy(), port);
    expect(await services()).toMatchObject({
      http: expect.stringMatching(
        /^not running: it does not answer at 127\.0\.0\.1 port \d+ \(ECONNRESET\)$/,
      ) as string,
    });
    await close(cutting);
    const failing = await listening(
      (_request, response) => void response.writeHead(503, { 'snap-store-version': '69' }).end(),
      port,
    );
    expect(await services()).toMatchObject({ http: `not running: it answers 503 at 127.0.0.1 port ${port}` });
    await close(failing);
  });

  it('sends no request to another machine', async () => {
    // RFC 5737 and RFC 3849: addresses for documentation, which no machine has.
    for (const address of ['192.0.2.1', '2001:db8::1']) {
      await cli.run('config', `proxy.ipaddress=${address}`);
      expect(await services()).toMatchObject({ http: `not running: this machine has no address ${address}` });
    }
    await cli.run('config', 'proxy.ipaddress=127.0.0.1');
  });

  it('shows a running store in air-gapped mode', async () => {
    const root = join(directory, 'root.assert');
    const stream = join(directory, 'proxy.assert');
    writeFileSync(root, encodeStream(stack.trusted()));
    writeFileSync(stream, encodeStream(chain));
    await cli.run('config', `proxy.trusted-assertions=${root}`);
    expect((await cli.run('register', '--from', stream)).status).toBe(0);
    expect((await cli.run('enable-airgap-mode')).status).toBe(0);
    const server = await serve(['--data', machine.dataDir]);
    try {
      for (const address of ['127.0.0.1', '[::]', '0.0.0.0']) {
        await cli.run('config', `proxy.ipaddress=${address}`);
        const { stdout } = await cli.run('status');
        expect(
          stdout.startsWith(`${STORE_LINES}Mode:\n  Store is in air-gapped mode\nInternal Service Status:\n`),
        ).toBe(true);
        expect(stdout).toContain('\n  http: running\n  database: running\n');
      }
      const keys = chain.filter(({ type }) => type.name === 'account-key');
      expect(keys.length).toBeGreaterThan(0);
      expect(parse((await cli.run('status')).stdout)).toMatchObject({
        Stores: ['acme-store'],
        'Account keys': keys.map(
          ({ primaryKey, headers }) => `${primaryKey[0]} (${headers['account-id'] as string})`,
        ),
      });
      expect(JSON.parse((await cli.run('status', '--json')).stdout)).toMatchObject({
        database: 'ok',
        mode: 'air-gapped',
        'store-id': 'acme-store',
        services: { http: { running: true }, database: { running: true } },
        stores: ['acme-store'],
        'free-bytes': expect.any(Number) as number,
      });
    } finally {
      server.child.kill('SIGTERM');
    }
    await server.ended;
  });

  it('prints YAML and exits with 1 if the database is unreachable', async () => {
    const away = join(directory, 'away');
    await run(['--data', away, 'config', `proxy.port.http=${port}`]);
    writeFileSync(
      join(away, 'config.yaml'),
      `proxy.port.http: "${port}"\nproxy.db.connection: postgresql://nobody:secret@127.0.0.1:1/none\n`,
    );
    const { status, stdout } = await run(['--data', away, 'status']);
    expect(status).toBe(1);
    expect(stdout).not.toContain('secret');
    const why = 'cannot reach the database at 127.0.0.1:1: connection refused';
    expect(parse(stdout)).toMatchObject({
      'Store DB': why,
      'Store URL': 'unknown',
      'Store ID': 'unknown',
      Mode: 'unknown',
      'Internal Service Status': {
        http: `not running: nothing listens at 127.0.0.1 port ${port}`,
        database: `not running: ${why}`,
      },
    });
    expect(JSON.parse((await run(['--data', away, 'status', '--json'])).stdout)).toMatchObject({
      mode: null,
      services: { database: { running: false, reason: why } },
    });
  });
});
