import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { Cli } from '../../support/cli.js';
import { CommandStore } from '../../support/command-store.js';
import { run } from '../../support/program.js';
import { TestStoreStack } from '../../support/store-stack.js';
import { WebServer } from '../../support/web-server.js';

const stack = new TestStoreStack();
const KEYS = ['proxy.dashboard.location', 'proxy.sso.location', 'proxy.upstream'] as const;

let directory: string;
let machine: CommandStore;
let services: [WebServer, WebServer, WebServer];

beforeAll(async () => {
  machine = await CommandStore.start();
  ({ directory } = machine);
  services = [await WebServer.start(), await WebServer.start(), await WebServer.start()];
});
afterAll(async () => {
  await Promise.all(services.map((service) => service.stop()));
  await machine.stop();
});
beforeEach(async () => {
  for (const service of services) {
    service.asked.length = 0;
    service.answer = (_, reply) => reply.writeHead(404).end();
  }
  const set = await cli.run('config', ...KEYS.map((key, index) => `${key}=${origin(index)}`));
  expect(set.status).toBe(0);
});

const cli = new Cli(() => machine.dataDir);

function origin(index: number): string {
  return services[index]?.url.origin ?? '';
}

const lines = (...third: string[]) =>
  [`http: ${origin(0)}: OK`, `http: ${origin(1)}: OK`, ...third, 'postgres: localhost: OK', ''].join('\n');

describe('check-connections', () => {
  it('contacts each service once and reports that all are accessible', async () => {
    expect(await cli.run('check-connections')).toEqual({
      status: 0,
      stderr: '',
      stdout: `${lines(`http: ${origin(2)}: OK`)}All connections appear to be accessible\n`,
    });
    expect(services.map(({ asked }) => asked.map(({ method, path }) => `${method} ${path}`))).toEqual([
      ['HEAD /'],
      ['HEAD /'],
      ['HEAD /'],
    ]);
  });

  it.each([
    ['http://127.0.0.1:1', 'nothing listens there'],
    [
      'http://nowhere.invalid',
      expect.stringMatching(/^(?:there is no such host|its name cannot be looked up now)$/),
    ],
  ])('names the unreachable %s and exits with 1', async (url, why) => {
    await cli.run('config', `proxy.upstream=${url}`);
    const { status, stdout, stderr } = await cli.run('check-connections');
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'error: cannot use 1 of 4 connections\n' });
    const shown = stdout.split('\n')[2] ?? '';
    expect(shown.startsWith(`http: ${url}: not accessible: `)).toBe(true);
    expect(shown.slice(`http: ${url}: not accessible: `.length)).toEqual(why);
    expect(stdout).toBe(lines(shown));
  });

  it.each([
    [500, 'it answers 500'],
    [503, 'it answers 503'],
  ])('reports a service that answers %d as not accessible', async (code, why) => {
    services[2].answer = (_, reply) => reply.writeHead(code).end();
    const { status, stdout } = await cli.run('check-connections');
    expect({ status, stdout }).toEqual({
      status: 1,
      stdout: lines(`http: ${origin(2)}: not accessible: ${why}`),
    });
  });

  it('accepts any other answer, including a redirect', async () => {
    services[1].answer = (_, reply) => reply.writeHead(499).end();
    services[2].answer = ({ path }, reply) =>
      path === '/' ? reply.writeHead(302, { location: '/there' }).end() : reply.writeHead(401).end();
    expect((await cli.run('check-connections')).status).toBe(0);
  });

  it('reports a connection that is cut', async () => {
    services[2].answer = (_, reply) => reply.destroy();
    expect((await cli.run('check-connections')).stdout).toBe(
      lines(`http: ${origin(2)}: not accessible: the connection was cut`),
    );
  });

  it('shows no password', async () => {
    const url = services[2].url.origin.replace('//', '//me:secret@');
    await cli.run('config', `proxy.upstream=${url}`);
    expect((await cli.run('check-connections')).stdout).not.toContain('secret');
  });

  it('prints one JSON object', async () => {
    services[0].answer = (_, reply) => reply.writeHead(500).end();
    const { status, stdout } = await cli.run('check-connections', '--json');
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      accessible: false,
      'left-out': null,
      connections: [
        { kind: 'http', target: origin(0), accessible: false, reason: 'it answers 500' },
        { kind: 'http', target: origin(1), accessible: true },
        { kind: 'http', target: origin(2), accessible: true },
        { kind: 'postgres', target: 'localhost', accessible: true },
      ],
    });
  });

  it('checks only the database if it is unreachable', async () => {
    const away = join(directory, 'away');
    await run(['--data', away, 'config', 'proxy.port.http=8080']);
    writeFileSync(
      join(away, 'config.yaml'),
      'proxy.db.connection: postgresql://nobody:secret@127.0.0.1:1/none\n',
    );
    expect(await run(['--data', away, 'check-connections'])).toEqual({
      status: 1,
      stdout:
        'Other connections are not checked: their addresses are in the database\npostgres: 127.0.0.1:1: not accessible: connection refused\n',
      stderr: 'error: cannot use 1 of 1 connections\n',
    });
  });

  it('contacts only the database in air-gapped mode', async () => {
    const root = join(directory, 'root.assert');
    const stream = join(directory, 'proxy.assert');
    writeFileSync(root, encodeStream(stack.trusted()));
    writeFileSync(
      stream,
      encodeStream(stack.chain(stack.store({ store: 'acme-store', url: 'http://store.example' }))),
    );
    await cli.run('config', `proxy.trusted-assertions=${root}`);
    await cli.run('register', '--from', stream);
    expect((await cli.run('enable-airgap-mode')).status).toBe(0);
    expect(await cli.run('check-connections')).toEqual({
      status: 0,
      stderr: '',
      stdout:
        'Store is in air-gapped mode: only the database is checked\npostgres: localhost: OK\nAll connections appear to be accessible\n',
    });
    expect(services.flatMap(({ asked }) => asked)).toEqual([]);
  });
});
