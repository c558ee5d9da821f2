import { createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { generateRsaKey } from '../../common/crypto/rsa-key.js';
import { StoreError } from '../../common/errors.js';
import type { Assertion } from './assertion.js';
import { decodeAssertion } from './decode.js';
import { decodePublicKey, encodePublicKey } from './keys.js';
import { signAssertion } from './sign.js';
import { decodeSignature } from './signature-packet.js';
import { decodeStream, decodeStreamChunks, encodeStream } from './stream.js';
import { verifySignature } from './verify.js';

const privateKey = generateRsaKey(1024);
const publicKey = createPublicKey(privateKey);
const { id, encoded } = encodePublicKey(privateKey);
const assertion = signAssertion({
  type: 'account-key',
  headers: {
    'authority-id': 'acme',
    'public-key-sha3-384': id,
    'account-id': 'acme',
    name: 'store',
    since: '2026-01-01T00:00:00Z',
    'x-list': ['a', { b: ['c\nd'] }],
  },
  body: encoded,
  privateKey,
});

/** Removes, repeats, overwrites or inserts bytes at one position. */
const damage = (bytes: Buffer): fc.Arbitrary<Buffer> =>
  fc
    .tuple(fc.nat({ max: bytes.length }), fc.nat({ max: 40 }), fc.uint8Array({ maxLength: 8 }), fc.boolean())
    .map(([at, length, put, twice]) => {
      const cut = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + length)]);
      return twice ? Buffer.concat([cut, bytes.subarray(at)]) : cut;
    });

const anything = (bytes: Buffer): fc.Arbitrary<Buffer> =>
  fc.oneof(
    { arbitrary: damage(bytes), weight: 4 },
    { arbitrary: damage(bytes).chain(damage), weight: 2 },
    fc.uint8Array({ maxLength: 400 }).map((random) => Buffer.from(random)),
    fc
      .string({ unit: fc.constantFrom('\n', ' ', ':', '-', 'a', 'type: account-key') })
      .map((text) => Buffer.from(text)),
  );

/** Any result but a value or a StoreError fails the property. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof StoreError) return undefined;
    throw error;
  }
}

it('reads or refuses any bytes as one assertion, and keeps them', () => {
  fc.assert(
    fc.property(anything(assertion.bytes), (bytes) => {
      const read = attempt(() => decodeAssertion(bytes));
      if (!read) return;
      expect(read.bytes.equals(bytes)).toBe(true);
      attempt(() => verifySignature(read, publicKey));
    }),
    { numRuns: 5_000 },
  );
});

it('accepts no damaged assertion with different content', () => {
  fc.assert(
    fc.property(damage(assertion.bytes), (bytes) => {
      const believed = attempt(() => {
        const read = decodeAssertion(bytes);
        verifySignature(read, publicKey);
        return read;
      });
      expect(believed === undefined || believed.content.equals(assertion.content)).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});

it('reads or refuses any bytes as a stream, the same in one piece and in chunks', async () => {
  const source = encodeStream([assertion, assertion]);
  await fc.assert(
    fc.asyncProperty(anything(source), fc.integer({ min: 1, max: 600 }), async (bytes, size) => {
      const whole = attempt(() => decodeStream(bytes));
      const chunked: Assertion[] = [];
      let isRefused = false;
      try {
        for await (const read of decodeStreamChunks(inChunks(bytes, size), { maxBytes: bytes.length }))
          chunked.push(read);
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        isRefused = true;
      }
      expect(isRefused).toBe(whole === undefined);
      if (whole)
        expect(chunked.map((read) => read.bytes.toString('hex'))).toEqual(
          whole.map((read) => read.bytes.toString('hex')),
        );
    }),
    { numRuns: 2_000 },
  );
});

async function* inChunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

it.each([
  ['key', encoded, decodePublicKey],
  ['signature', assertion.signature, decodeSignature],
])('reads or refuses any packet as a %s', (_, text, decode: (text: Buffer) => unknown) => {
  const packet = Buffer.from(text.toString(), 'base64');
  const packets = anything(packet).map((bytes) => Buffer.from(bytes.toString('base64')));
  fc.assert(
    fc.property(fc.oneof(packets, anything(text)), (bytes) => {
      expect(() => attempt(() => decode(bytes))).not.toThrow();
    }),
    { numRuns: 5_000 },
  );
});
