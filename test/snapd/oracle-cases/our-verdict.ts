import type { Assertion } from '../../../src/assertions/format/assertion.js';
import { decodePublicKey } from '../../../src/assertions/format/keys.js';
import { decodeStream } from '../../../src/assertions/format/stream.js';
import { verifySignature } from '../../../src/assertions/format/verify.js';
import { NOTHING_STORED } from '../../../src/assertions/trust/assertion-lookup.js';
import { AssertionBatch } from '../../../src/assertions/trust/batch.js';
import { TrustedRoots } from '../../../src/assertions/trust/trusted-roots.js';
import { StoreError } from '../../../src/common/errors.js';
import type { World } from './world.js';

/** What the project's own code says of a stream, in a world. */
export interface OurVerdict {
  readonly decoded: readonly Assertion[];
  /** Why it was refused; empty where all of it was accepted. */
  readonly error: string;
}

/**
 * Judges as the oracle does: decodes all, then verifies all as one batch. Any
 * error that is no refusal is a fault of the project, and thrown on.
 */
export async function judge(world: World, subject: Buffer): Promise<OurVerdict> {
  let decoded: Assertion[] = [];
  try {
    decoded = decodeStream(subject);
    await verifyAll(world, decoded);
    return { decoded, error: '' };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { decoded, error: error.message };
  }
}

async function verifyAll(world: World, assertions: readonly Assertion[]): Promise<void> {
  const batch = new AssertionBatch();
  for (const assertion of world.known) batch.add(assertion);
  for (const assertion of assertions) {
    const key = ownKey(world, assertion);
    if (key) verifySignature(assertion, decodePublicKey(key).keyObject);
    else batch.add(assertion);
  }
  const context = {
    roots: TrustedRoots.withCanonical(world.trusted),
    stored: NOTHING_STORED,
    now: new Date(),
  };
  batch.refuseUnresolved(await batch.verify(context));
}

/** The key of the types that no account vouches for; undefined for all others. */
function ownKey(world: World, { type, headers, primaryKey }: Assertion): Buffer | undefined {
  if (type.name === 'serial-request') return textBytes(headers['device-key']);
  if (type.name !== 'device-session-request') return undefined;
  const serial = world.known.find(
    (known) => known.type.name === 'serial' && known.primaryKey.join('/') === primaryKey.join('/'),
  );
  if (!serial) throw new StoreError('not-found', `cannot find serial ${primaryKey.join('/')}`);
  return textBytes(serial.headers['device-key']);
}

function textBytes(value: unknown): Buffer {
  return Buffer.from(typeof value === 'string' ? value : '');
}
