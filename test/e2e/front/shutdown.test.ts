import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Cli } from '../../support/cli.js';
import { CommandStore } from '../../support/command-store.js';
import { freePort } from '../../support/ports.js';
import { serve } from '../../support/program.js';
import { TestPublisher, writePair } from '../../support/test-snaps.js';
import { send } from '../device-api/wire.js';

/** Much more than sockets can buffer, so that a download stays unfinished while its reader pauses. */
const LARGE_BYTES = 32 << 20;

const publisher = new TestPublisher();
const large = publisher.snap({ name: 'large', revision: 1, padding: randomBytes(LARGE_BYTES) });
let directory: string;
let machine: CommandStore;
let port: number;

beforeAll(async () => {
  machine = await CommandStore.start();
  ({ directory } = machine);
  port = await freePort();
  const settings = [
    'proxy.ipaddress=127.0.0.1',
    `proxy.port.http=${port}`,
    `proxy.trusted-assertions=${await publisher.writeRoot(directory)}`,
  ];
  expect(await cli.run('config', ...settings)).toMatchObject({ status: 0 });
  expect(await cli.run('push-snap', await writePair(directory, large))).toMatchObject({ status: 0 });
});
afterAll(() => machine.stop());

const cli = new Cli(() => machine.dataDir);

it('ends connections without a request, and completes a running download', async () => {
  const server = await serve(['--data', machine.dataDir]);
  const silent = connect({ host: '127.0.0.1', port });
  await once(silent, 'connect');
  const path = `/api/v1/snaps/download/${large.snapId}_1.snap`;
  const download = await new Promise<IncomingMessage>((settle, fail) => {
    get({ host: '127.0.0.1', port, path, agent: false }, settle).once('error', fail);
  });
  server.child.kill('SIGTERM');
  await once(silent.resume(), 'close');
  // If they ended only with everything else, the download would be cut off too.
  expect((await buffer(download)).equals(large.bytes)).toBe(true);
  expect(await server.ended).toMatchObject({ status: 0 });
});

it('refuses new requests while a download runs, /readyz among them, and says what it waits for', async () => {
  const server = await serve(['--data', machine.dataDir]);
  const path = `/api/v1/snaps/download/${large.snapId}_1.snap`;
  const download = await new Promise<IncomingMessage>((settle, fail) => {
    get({ host: '127.0.0.1', port, path, agent: false }, settle).once('error', fail);
  });
  const said = new Promise<string>((settle) => {
    server.child.stdout?.on('data', (text: string) => text.includes('stopping') && settle(text));
  });
  server.child.kill('SIGTERM');
  expect(JSON.parse((await said).trim())).toMatchObject({
    level: 'warn',
    message: `stopping: waiting 60 seconds at most for 1 running request, of which 1 is a download: ${large.snapId}_1.snap`,
  });
  for (const probe of ['/readyz', '/_status/check', '/v2/snaps/info/large'])
    expect(await send(port, { path: probe })).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
  expect((await send(port, { path: '/healthz' })).status).toBe(200);
  expect((await buffer(download)).equals(large.bytes)).toBe(true);
  expect(await server.ended).toMatchObject({ status: 0 });
  await expect(send(port, { path: '/healthz' })).rejects.toThrow('ECONNREFUSED');
});

it('prints what it waits for, and a second Ctrl-C stops it at once', async () => {
  const server = await serve(['--data', machine.dataDir]);
  const path = `/api/v1/snaps/download/${large.snapId}_1.snap`;
  const download = await new Promise<IncomingMessage>((settle, fail) => {
    get({ host: '127.0.0.1', port, path, agent: false }, settle).once('error', fail);
  });
  const said = new Promise<void>((settle) => {
    server.child.stderr?.on('data', (text: string) => text.includes('Stopping') && settle());
  });
  server.child.kill('SIGINT');
  await said;
  server.child.kill('SIGINT');
  const { status, stderr } = await server.ended;
  expect(status).toBe(0);
  expect(stderr).toContain(
    'Stopping: waiting for 1 request that is being answered, 60 seconds at most; Ctrl-C again stops now.\n',
  );
  await expect(buffer(download)).rejects.toThrow('aborted');
});
