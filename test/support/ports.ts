import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Below what the kernel hands out to who asks for any port (ip(7), `ip_local_port_range`). */
const FIRST_PORT = 20_000;
/** One part of the ports for each of the processes that test files run in at once. */
const PARTS = 16;
const PORTS_OF_A_PART = 750;

let offset = randomInt(PORTS_OF_A_PART);

/** The TCP port that a server listens on. */
export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('this server listens on no TCP port');
  return address.port;
}

/**
 * A TCP port of the loopback that nobody listens on, for a program that is told its port: nobody who
 * asks for any port, and no test in another process, gets it before that program listens.
 */
export async function freePort(): Promise<number> {
  const part = Number(process.env['VITEST_POOL_ID'] ?? 0) % PARTS;
  for (let tries = 0; tries < PORTS_OF_A_PART; tries += 1) {
    offset = (offset + 1) % PORTS_OF_A_PART;
    const port = FIRST_PORT + part * PORTS_OF_A_PART + offset;
    if (await isFree(port)) return port;
  }
  throw new Error(`no port is free among ${PORTS_OF_A_PART}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
