import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { MAX_CONNECTIONS_PER_ADDRESS } from '../../../src/common/limits.js';
import { makeSelfSigned } from '../../../src/https/self-signed.js';
import { chainText, keyText } from '../../../src/https/server-certificate.js';
import { TlsDoorService } from '../../../src/https/tls-door.service.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { freePort } from '../../support/ports.js';
import { head, RawConnection } from '../../support/raw-connection.js';
import { listen } from '../device-api/wire.js';
import { World } from '../device-api/world.js';

let world: World;
let plainPort: number;
let tlsPort: number;
const connections: RawConnection[] = [];

beforeAll(async () => {
  world = await World.start();
  const pair = await makeSelfSigned('localhost', new Date());
  tlsPort = await freePort();
  await world.store.app.get(SettingsService).set([
    ['proxy.ipaddress', '127.0.0.1'],
    ['proxy.port.https', String(tlsPort)],
    ['proxy.tls.cert', chainText(pair)],
    ['proxy.tls.key', keyText(pair)],
  ]);
  plainPort = await listen(world.store.app);
  await world.store.app.get(TlsDoorService).open();
});
afterEach(async () => {
  for (const connection of connections) connection.end();
  await Promise.all(connections.splice(0).map(async (connection) => await connection.untilClosed()));
});
afterAll(() => world.stop());

async function open(port: number, localAddress?: string): Promise<RawConnection> {
  const connection = await RawConnection.open(port, localAddress);
  connections.push(connection);
  return connection;
}

it('counts unstarted handshakes among the connections of their address', async () => {
  for (let count = 0; count < MAX_CONNECTIONS_PER_ADDRESS; count += 1) await open(tlsPort);
  expect(await (await open(tlsPort)).untilClosed()).toBe('');
  const plain = await open(plainPort);
  plain.write(head('GET', '/_status/check'));
  await plain.untilClosed();
  expect(plain.status).toBe(429);
  const sent = request({
    host: '127.0.0.1',
    port: tlsPort,
    localAddress: '127.0.0.2',
    path: '/_status/check',
    agent: false,
    rejectUnauthorized: false,
  }).end();
  const [reply] = (await once(sent, 'response')) as [IncomingMessage];
  expect(reply.resume().statusCode).toBe(200);
  await once(reply, 'end');
});
