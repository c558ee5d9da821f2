import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasReal, REAL, realFiles } from '../../../test/support/real.js';
import { StoreError } from '../../common/errors.js';
import { decodeAssertion } from './decode.js';
import { decodePublicKey, type PublicKey } from './keys.js';
import { decodeSignature, type SignaturePacket } from './signature-packet.js';
import { verifySignature } from './verify.js';

/**
 * How many changes of one bit are still accepted, because they do not change the decoded content and signature
 * (in snapd too): in the unused bits of the last base64 character, in the length in bits of the signature's
 * integer, and in the unhashed subpackets, which GnuPG writes.
 */
interface Believed {
  readonly base64: number;
  readonly integerLength: number;
  readonly unhashed: number;
}

const NONE: Believed = { base64: 0, integerLength: 0, unhashed: 0 };
const CHOSEN: readonly (readonly [file: string, believed: Believed])[] = [
  ['account/canonical.rev0.assert', { base64: 0, integerLength: 1, unhashed: 60 }],
  ['account-key/canonical-root-CvQKAwR.rev2.assert', { base64: 0, integerLength: 0, unhashed: 61 }],
  ['account-key/test-snapd-test-snapd-model-key-rrP2xy5L.rev0.assert', NONE],
  ['model/generic-generic-classic.rev0.assert', { base64: 1, integerLength: 2, unhashed: 54 }],
  ['serial/generic-generic-classic-41d8987e.assert', NONE],
  ['snap-declaration/hello-world.rev4.assert', NONE],
  ['snap-declaration/modem-manager.rev9.assert', NONE],
  ['snap-revision/hello-world_29.assert', NONE],
  ['store/heS0H76dk4bNRuKjR7wla9I1ImsE7AGr.assert', NONE],
  [
    'validation-set/test-snapd-recovery-system-pinned-1.rev0.assert',
    { base64: 0, integerLength: 2, unhashed: 63 },
  ],
];

function realKeys(): ReadonlyMap<string, PublicKey> {
  const keys = realFiles('assertions/account-key', '.assert').map((file) =>
    decodePublicKey(decodeAssertion(readFileSync(file)).body),
  );
  return new Map(keys.map((key) => [key.id, key]));
}

/** The decoded bytes of a signature's packet. Invalid base64 is refused before. */
function packetBytes(signature: Buffer): Buffer {
  return Buffer.from(signature.toString('latin1'), 'base64');
}

function sameSignature(one: SignaturePacket, other: SignaturePacket): boolean {
  return (
    one.hash === other.hash &&
    one.suffix.equals(other.suffix) &&
    one.digestStart.equals(other.digestStart) &&
    one.value.equals(other.value)
  );
}

/** The kind of an accepted change, one of the three harmless ones. */
function kindOf(original: Buffer, changed: Buffer): keyof Believed {
  const [before, after] = [packetBytes(original), packetBytes(changed)];
  if (before.equals(after)) return 'base64';
  const { suffix, value } = decodeSignature(original);
  const lengthAt = before.length - value.length - 2;
  const changedAt = before.findIndex((byte, at) => byte !== after[at]);
  if (changedAt >= lengthAt) {
    expect(changedAt).toBeLessThan(lengthAt + 2);
    return 'integerLength';
  }
  const unhashedAt = before.indexOf(suffix.subarray(0, -6)) + suffix.length - 6 + 2;
  expect(changedAt).toBeGreaterThanOrEqual(unhashedAt);
  expect(changedAt).toBeLessThan(lengthAt - 2);
  return 'unhashed';
}

/** Changes every bit of a real assertion, one at a time, and counts the accepted changes. */
function believedChanges(file: string): Believed {
  const bytes = readFileSync(file);
  const original = decodeAssertion(bytes);
  const key = realKeys().get(original.signKeyId);
  if (!key) throw new Error(`no key for ${file}`);
  verifySignature(original, key.keyObject);
  const believed = { base64: 0, integerLength: 0, unhashed: 0 };
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const mutated = Buffer.from(bytes);
    mutated.writeUInt8(mutated.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    try {
      const assertion = decodeAssertion(mutated);
      verifySignature(assertion, key.keyObject);
      expect(assertion.content.equals(original.content)).toBe(true);
      expect(sameSignature(decodeSignature(assertion.signature), decodeSignature(original.signature))).toBe(
        true,
      );
      believed[kindOf(original.signature, assertion.signature)] += 1;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
  }
  return believed;
}

describe.skipIf(!hasReal)('a real assertion (skipped if ../shared/real is missing)', () => {
  it.each(CHOSEN)('%s is refused after a change of any signed bit', (file, believed) => {
    expect(believedChanges(join(REAL, 'assertions', file))).toEqual(believed);
  });
});
