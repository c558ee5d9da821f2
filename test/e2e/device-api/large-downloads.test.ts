import { readdirSync, readlinkSync } from 'node:fs';
import { open, truncate } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { BlobStoreService } from '../../../src/blobs/blob-store.service.js';
import { MAX_PIPELINED_REQUESTS } from '../../../src/common/limits.js';
import { poll } from '../../support/poll.js';
import type { TestSnap } from '../../support/test-snaps.js';
import { listen, send } from './wire.js';
import { World } from './world.js';

/** A sparse file with a few bytes: it takes no space on the disk. */
const SIZE_BYTES = 300 * 1024 * 1024;
const MARKS: readonly (readonly [at: number, text: string])[] = [
  [0, 'begin'],
  [(1 << 20) - 2, 'across'],
  [200_000_000, 'middle'],
  [SIZE_BYTES - 3, 'end'],
];

/** Two pieces in transit, and the memory of the system and of this test's reading. */
const BOUND_BYTES = 48 << 20;

/** Unclosed handles, found by the garbage collector: it reports them once in a process. */
const forgotten: string[] = [];
const onWarning = ({ message }: Error) => {
  if (message.includes('garbage collection')) forgotten.push(message);
};

let world: World;
let port: number;
let path: string;
let file: string;

beforeAll(async () => {
  process.on('warning', onWarning);
  world = await World.start();
  const snap = await world.push({ name: 'large', revision: 1 });
  await enlarge(snap);
  path = `/api/v1/snaps/download/${snap.snapId}_1.snap`;
  port = await listen(world.store.app);
});
afterAll(async () => {
  process.off('warning', onWarning);
  await world.stop();
});
afterEach(async () => {
  expect(await poll(openBlobs, (count) => count === 0)).toBe(0);
  expect(forgotten).toEqual([]);
});

async function enlarge({ digest }: TestSnap): Promise<void> {
  file = world.store.app.get(BlobStoreService).pathOf(digest);
  await truncate(file, 0);
  await truncate(file, SIZE_BYTES);
  const handle = await open(file, 'r+');
  for (const [at, text] of MARKS) await handle.write(text, at);
  await handle.close();
  for (const table of ['blob', 'snap_revision'])
    await world.store.query(`update ${table} set size_bytes = $1 where sha3_384 = $2`, [SIZE_BYTES, digest]);
}

/** Handles of this process on files below `blobs`. */
function openBlobs(): number {
  const blobs = `${world.store.dataDir}/blobs/`;
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(blobs);
    } catch {
      return false; // closed meanwhile
    }
  }).length;
}

/** Requests a file this many times at once, and does not read. */
function ask(times = 1): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.pause();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: store.lan\r\n\r\n`.repeat(times));
  return socket;
}

it.each([
  ['bytes=0-4', 'begin'],
  [`bytes=${(1 << 20) - 2}-${(1 << 20) + 3}`, 'across'],
  ['bytes=200000000-200000005', 'middle'],
  [`bytes=${SIZE_BYTES - 3}-`, 'end'],
  ['bytes=-3', 'end'],
])('serves %s of a large file', async (range, text) => {
  const reply = await send(port, { path, headers: { range } });
  expect([reply.status, reply.body.toString()]).toEqual([206, text]);
});

it('uses little memory for a slow reader, and sends the whole file', async () => {
  const before = process.memoryUsage();
  const socket = ask();
  await poll(openBlobs, (count) => count === 1);
  await sleep(300);
  const waiting = process.memoryUsage();
  expect(openBlobs()).toBe(1);
  expect(waiting.arrayBuffers - before.arrayBuffers).toBeLessThan(BOUND_BYTES);
  let heardBytes = 0;
  let headBytes = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    if (heardBytes === 0) headBytes = chunk.indexOf('\r\n\r\n') + 4;
    heardBytes += chunk.length;
    if (heardBytes - headBytes === SIZE_BYTES) break;
  }
  expect(heardBytes - headBytes).toBe(SIZE_BYTES);
});

it('closes the file if clients disconnect midway, and continues to serve', async () => {
  const sockets = Array.from({ length: 10 }, () => ask());
  expect(await poll(openBlobs, (count) => count === 10)).toBe(10);
  for (const socket of sockets) socket.destroy();
  expect(await poll(openBlobs, (count) => count === 0)).toBe(0);
  expect((await send(port, { path, headers: { range: 'bytes=-3' } })).body.toString()).toBe('end');
});

it('opens only one of the files requested over one connection, and closes it', async () => {
  const socket = ask(MAX_PIPELINED_REQUESTS);
  await poll(openBlobs, (count) => count === 1);
  await sleep(300);
  expect(openBlobs()).toBe(1);
  socket.destroy();
  expect(await poll(openBlobs, (count) => count === 0)).toBe(0);
});

it('cuts a download if its file is truncated meanwhile, and continues to serve', async () => {
  const socket = ask();
  await poll(openBlobs, (count) => count === 1);
  await truncate(file, SIZE_BYTES / 2);
  let heardBytes = 0;
  socket.on('data', (chunk: Buffer) => (heardBytes += chunk.length)).resume();
  await new Promise((resolve) => socket.once('close', resolve));
  expect(heardBytes).toBeLessThan(SIZE_BYTES);
  expect((await send(port, { path })).status).toBe(500);
  expect((await send(port, { path: '/v2/snaps/info/large' })).status).toBe(200);
});
