import { randomBytes } from 'node:crypto';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COPY_CHUNK_BYTES } from '../blobs/copy-hashed.js';
import { gunzip } from './gunzip.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gunzip-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function unpack(bytes: Buffer): Promise<{ content: Buffer; counted: number }> {
  const path = join(directory, 'file');
  await writeFile(path, bytes);
  const file = await open(path, 'r');
  let counted = 0;
  try {
    const pieces: Buffer[] = [];
    for await (const piece of gunzip(file, (count) => (counted += count))) pieces.push(piece);
    return { content: Buffer.concat(pieces), counted };
  } finally {
    await file.close();
  }
}

/** The result of zlib: the content, or its error message. */
function byZlib(bytes: Buffer): Buffer | string {
  try {
    return gunzipSync(bytes);
  } catch (error) {
    return (error as Error).message;
  }
}

async function expectAsZlib(bytes: Buffer): Promise<void> {
  const wanted = byZlib(bytes);
  if (typeof wanted === 'string') await expect(unpack(bytes)).rejects.toThrow(wanted);
  else expect((await unpack(bytes)).content.equals(wanted)).toBe(true);
}

const stored = (content: Buffer): Buffer => gzipSync(content, { level: 0 });

/** Stored blocks followed by compressed ones. */
function mixed(first: Buffer, second: Buffer): Buffer {
  const blocks: Buffer[] = [];
  for (let at = 0; at < first.length; at += 65_535) {
    const content = first.subarray(at, at + 65_535);
    const header = Buffer.alloc(5);
    header.writeUInt16LE(content.length, 1);
    header.writeUInt16LE(content.length ^ 0xffff, 3);
    blocks.push(header, content);
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc32(Buffer.concat([first, second])));
  trailer.writeUInt32LE(first.length + second.length, 4);
  return Buffer.concat([stored(first).subarray(0, 10), ...blocks, deflateRawSync(second), trailer]);
}

describe('gunzip', () => {
  it.each([
    0,
    1,
    65_534,
    65_535,
    65_536,
    131_071,
    COPY_CHUNK_BYTES - 1,
    COPY_CHUNK_BYTES,
    COPY_CHUNK_BYTES + 1,
    3 * COPY_CHUNK_BYTES + 5,
  ])('copies %i stored bytes', async (length) => {
    const content = randomBytes(length);
    const { content: unpacked, counted } = await unpack(stored(content));
    expect(unpacked.equals(content)).toBe(true);
    expect(counted).toBe(length);
  });

  it('unpacks compressed content', async () => {
    const content = Buffer.alloc(5_000_000, 'text ');
    const packed = gzipSync(content);
    const { content: unpacked, counted } = await unpack(packed);
    expect(unpacked.equals(content)).toBe(true);
    expect(counted).toBe(packed.length);
  });

  it.each([
    [10, 5_000],
    [COPY_CHUNK_BYTES + 7, 5_000],
    [3_000_000, 2_000_000],
  ])('continues with zlib if %i stored bytes are followed by %i compressed ones', async (first, second) => {
    const [head, tail] = [randomBytes(first), Buffer.alloc(second, 'text ')];
    const packed = mixed(head, tail);
    expect(packed.length).toBeLessThan(first + second / 2 + 1_000);
    expect((await unpack(packed)).content.equals(Buffer.concat([head, tail]))).toBe(true);
  });

  it.each<[string, Buffer]>([
    [
      'a name in the header',
      Buffer.concat([
        Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 3]),
        Buffer.from('name\0'),
        stored(Buffer.from('content')).subarray(10),
      ]),
    ],
    ['two members', Buffer.concat([stored(Buffer.from('one')), stored(Buffer.from('two'))])],
    ['a compressed second member', Buffer.concat([stored(Buffer.from('one')), gzipSync(Buffer.from('two'))])],
    ['zeros after its end', Buffer.concat([stored(Buffer.from('one')), Buffer.alloc(512)])],
    ['other bytes after its end', Buffer.concat([stored(Buffer.from('one')), Buffer.from('behind')])],
  ])('reads a file with %s like zlib', async (_, bytes) => expectAsZlib(bytes));

  it('refuses a file that is cut off or has a changed bit, if zlib refuses it', async () => {
    const packed = stored(randomBytes(20));
    for (let length = 0; length < packed.length; length += 1) await expectAsZlib(packed.subarray(0, length));
    for (let bit = 0; bit < packed.length * 8; bit += 1) {
      const changed = Buffer.from(packed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await expectAsZlib(changed);
    }
  });

  it('has the same result as zlib for any input', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array({ maxLength: 40 }),
        async (content, rest) => {
          await expectAsZlib(Buffer.concat([stored(Buffer.from(content)), Buffer.from(rest)]));
          await expectAsZlib(
            Buffer.concat([stored(Buffer.from(content)).subarray(0, 15), Buffer.from(rest)]),
          );
        },
      ),
    );
  });
});
