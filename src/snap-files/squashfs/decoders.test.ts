import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { whyUnreadable } from '../../../test/support/squashfs-images.js';
import { decompressBlock, type Compressor } from './decompress.js';
import { decompressLz4 } from './lz4.js';
import { decompressLzo } from './lzo.js';
import { decompressZstdPortable } from './zstd.js';

const LIMIT_BYTES = 8192;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

describe('lz4', () => {
  it.each([
    ['no byte', '00', ''],
    ['literals', '30 616263', 'abc'],
    ['15 literals', `f0 00 ${'61'.repeat(15)}`, 'a'.repeat(15)],
    ['270 literals', `f0 ff 00 ${'61'.repeat(270)}`, 'a'.repeat(270)],
    ['a copy', '40 61626364 0400 10 65', 'abcdabcde'],
    ['a copy that overlaps itself', '14 61 0100 00', 'a'.repeat(9)],
    ['a long copy', '1f 61 0100 ff 00 00', 'a'.repeat(1 + 4 + 15 + 255)],
  ])('decodes %s', (_name, input, output) => {
    expect(decompressLz4(hex(input), LIMIT_BYTES).toString()).toBe(output);
  });

  it.each([
    ['nothing', '', 'ends early'],
    ['missing literals', '30 6162', 'ends early'],
    ['a truncated distance', '10 61 01', 'ends early'],
    ['no literals after a copy', '10 61 0100', 'ends early'],
    ['an endless length', `f0 ${'ff'.repeat(40)}`, 'ends early'],
    ['a copy from before the start', '10 61 0200 00', 'copies from before'],
    ['a copy from distance 0', '10 61 0000 00', 'copies from before'],
  ])('refuses %s', (_name, input, message) => {
    expect(() => decompressLz4(hex(input), LIMIT_BYTES)).toThrow(message);
  });
});

describe('lzo', () => {
  const END = '11 0000';
  it.each([
    ['no byte', END, ''],
    ['a short first run', `14 616263 ${END}`, 'abc'],
    ['a first run', `15 61626364 ${END}`, 'abcd'],
    ['a run', `01 61626364 ${END}`, 'abcd'],
    ['a run of 19', `00 01 ${'62'.repeat(19)} ${END}`, 'b'.repeat(19)],
    ['a run of 274', `00 00 01 ${'62'.repeat(274)} ${END}`, 'b'.repeat(274)],
    ['a copy within 2 KiB', `01 61626364 6c 00 ${END}`, 'abcdabcd'],
    ['a literal after a copy', `01 61626364 6d 00 7a ${END}`, 'abcdabcdz'],
    ['a copy of two after a literal', `01 61626364 6d 00 7a 00 00 ${END}`, 'abcdabcdzzz'],
    ['a copy within 16 KiB', `01 61626364 23 0c00 ${END}`, 'abcdabcda'],
    ['a long copy that overlaps itself', `01 61626364 20 01 0000 ${END}`, 'abcd'.padEnd(38, 'd')],
    [
      'a copy of three from over 2 KiB',
      `00${'00'.repeat(8)} 01 ${'61'.repeat(2059)} 00 00 ${END}`,
      'a'.repeat(2062),
    ],
  ])('decodes %s', (_name, input, output) => {
    expect(decompressLzo(hex(input), LIMIT_BYTES).toString()).toBe(output);
  });

  it.each([
    ['nothing', '', 'ends early'],
    ['no end mark', '01 61626364', 'ends early'],
    ['bytes after the end mark', `01 61626364 ${END} 00`, 'continues after its end'],
    ['missing literals', '04 6162', 'ends early'],
    ['an endless length', '00'.repeat(50), 'ends early'],
    ['a copy from before the start', `01 61626364 70 00 ${END}`, 'copies from before'],
    ['a far copy from before the start', `01 61626364 12 0400 ${END}`, 'copies from before'],
  ])('refuses %s', (_name, input, message) => {
    expect(() => decompressLzo(hex(input), LIMIT_BYTES)).toThrow(message);
  });
});

/** "abcd" 25 times, as zlib, xz 5.4 and zstd 1.5 write it. lzo and lz4 are written by hand. */
const SAMPLES: [Compressor, Buffer][] = [
  ['gzip', deflateSync(Buffer.from('abcd'.repeat(25)))],
  ['lzo', hex('01 61626364 20 3f 0c00 11 0000')],
  ['lz4', hex('4f 61626364 0400 48 50 6461626364')],
  [
    'xz',
    hex(
      'fd377a585a0000016922de360200210110000000a8708e86e00063000a5d00309888984afd7b0de000000000' +
        'b7da99da000122644a56ebcd9042990d010000000001595a',
    ),
  ],
  ['zstd', hex('28b52ffd206455000020616263640100fde488')],
];

describe.each(SAMPLES)('%s', (compressor, sample) => {
  it('fills its limit exactly and never exceeds it', async () => {
    const output = await decompressBlock(compressor, sample, 100);
    expect(output.toString()).toBe('abcd'.repeat(25));
    expect(await whyUnreadable(() => decompressBlock(compressor, sample, 99))).toMatch(
      /^cannot read squashfs image: /,
    );
  });

  it('refuses a truncated block, or returns less of it', async () => {
    // Only the first half: xz and zstd may have written all of their output before their last bytes.
    for (let end = 0; end < sample.length / 2; end++) {
      let length = 0;
      await whyUnreadable(async () => {
        ({ length } = await decompressBlock(compressor, sample.subarray(0, end), 100));
      });
      expect(length).toBeLessThan(100);
    }
  });

  it('returns at most the limit for any bytes, or refuses them', async () => {
    const damage = fc.array(fc.tuple(fc.nat(sample.length - 1), fc.nat(255)), { maxLength: 4 });
    const damaged = damage.map((changes) => {
      const bytes = Buffer.from(sample);
      for (const [at, byte] of changes) bytes[at] = byte;
      return bytes;
    });
    const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    const result = await fc.check(
      fc.asyncProperty(fc.oneof(damaged, noise), fc.nat(2000), async (input, limitBytes) => {
        let length = 0;
        await whyUnreadable(async () => {
          ({ length } = await decompressBlock(compressor, input, limitBytes));
        });
        return length <= limitBytes;
      }),
      { numRuns: 1000, seed: 4 },
    );
    expect(fc.defaultReportMessage(result)).toBeUndefined();
  });
});

describe('xz', () => {
  const [, sample = Buffer.alloc(0)] = SAMPLES.find(([compressor]) => compressor === 'xz') ?? [];

  it('has a dictionary of up to 1 MiB', async () => {
    const larger = Buffer.from(sample);
    larger.writeUInt8(0x11, 16); // 1.5 MiB, the next possible size
    expect(await whyUnreadable(() => decompressBlock('xz', larger, 100))).toMatch('too large a dictionary');
  });

  it('refuses filters before LZMA2', async () => {
    const filtered = hex('fd377a585a0000016922de3602010400210110008b216f49e00063000a5d0030988898');
    expect(await whyUnreadable(() => decompressBlock('xz', filtered, 100))).toMatch('an unsupported filter');
  });

  it('continues to decode, in parallel, after refused blocks', async () => {
    const limits = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? 100 : i));
    const answers = await Promise.all(
      limits.map((limitBytes) => whyUnreadable(() => decompressBlock('xz', sample, limitBytes))),
    );
    expect(answers.filter((answer) => answer === undefined)).toHaveLength(20);
  });
});

describe('zstd without a decoder in Node', () => {
  it.each([
    ['one byte', '28b52ffd206455000020616263640100fde488', 100],
    ['two bytes', '28b52ffd602c004d00001000000100272ac002', 300],
    ['four bytes', '28b52ffda07011010055000010000001006b1139c002', 70_000],
  ])('reads a content size of %s', (_name, input, sizeBytes) => {
    expect(decompressZstdPortable(hex(input), sizeBytes)).toHaveLength(sizeBytes);
    expect(() => decompressZstdPortable(hex(input), sizeBytes - 1)).toThrow('a zstd block is too long');
  });

  it.each([
    ['no frame', '00112233445566', 'has no frame'],
    ['no size', '28b52ffd0058', 'does not contain its size'],
    ['a truncated size', '28b52ffda070', 'ends early'],
    ['an endless size', `28b52ffde0${'ff'.repeat(8)}`, 'is too long'],
  ])('refuses %s', (_name, input, message) => {
    expect(() => decompressZstdPortable(hex(input), LIMIT_BYTES)).toThrow(message);
  });
});
