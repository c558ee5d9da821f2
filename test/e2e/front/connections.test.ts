import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { MAX_CONNECTIONS_PER_ADDRESS } from '../../../src/common/limits.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { head, RawConnection } from '../../support/raw-connection.js';
import { listen, repliesIn } from '../device-api/wire.js';
import { World } from '../device-api/world.js';

let world: World;
let port: number;
const connections: RawConnection[] = [];

beforeAll(async () => {
  world = await World.start();
  port = await listen(world.store.app);
});
afterEach(async () => {
  for (const connection of connections) connection.end();
  await Promise.all(connections.splice(0).map(async (connection) => await connection.untilClosed()));
});
afterAll(() => world.stop());

async function open(localAddress?: string): Promise<RawConnection> {
  const connection = await RawConnection.open(port, localAddress);
  connections.push(connection);
  return connection;
}

/** The status of a request on its own connection. */
async function ask(localAddress?: string, headers: Record<string, string> = {}): Promise<RawConnection> {
  const connection = await open(localAddress);
  connection.write(head('GET', '/', { Connection: 'close', ...headers }));
  await connection.untilClosed();
  return connection;
}

async function openAll(): Promise<void> {
  for (let count = 0; count < MAX_CONNECTIONS_PER_ADDRESS; count += 1) await open();
  // The last of them is accepted and answered.
  const last = connections.at(-1);
  last?.write(head('GET', '/'));
  await last?.untilHeard('200 OK');
}

describe('connections of one address', () => {
  it('are accepted up to the limit; one more is told so, and other addresses are not affected', async () => {
    await openAll();
    const over = await ask();
    const [reply] = repliesIn(over.heard);
    expect([reply?.status, reply?.headers['retry-after'], reply?.headers['content-type']]).toEqual([
      429,
      '5',
      'application/json',
    ]);
    expect(reply?.headers['snap-store-version']).toBeDefined();
    expect(reply?.body.toString()).toContain('cannot accept another connection: this address has too many');
    expect((await ask('127.0.0.2')).status).toBe(200);
    connections[0]?.end();
    await connections[0]?.untilClosed();
    await vi.waitFor(async () => expect((await ask()).status).toBe(200), { timeout: 60_000 });
  });

  it('are not limited if it is a trusted proxy', async () => {
    const settings = world.store.app.get(SettingsService);
    await settings.set([['proxy.trusted-proxies', '127.0.0.1']]);
    await openAll();
    await vi.waitFor(async () => expect((await ask()).status).toBe(200), { timeout: 60_000 });
    await settings.set([['proxy.trusted-proxies', '']]);
  });
});
