import { timingSafeEqual } from 'node:crypto';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import {
  boundSignature,
  BOX_NONCE_BYTES,
  chainSignature,
  deriveKey,
  keyedHash,
  type Macaroon,
} from './macaroon.js';

/** Checks one predicate. An unknown predicate is not met. */
export type CaveatCheck = (predicate: string, macaroon: Macaroon) => boolean;

export type MacaroonFault =
  | { readonly kind: 'signature' }
  | { readonly kind: 'no-discharge' }
  | { readonly kind: 'unused-discharge' }
  | { readonly kind: 'caveat'; readonly predicate: string };

function openBox(key: Buffer, box: Buffer): Buffer | undefined {
  try {
    const nonce = box.subarray(0, BOX_NONCE_BYTES);
    return Buffer.from(xsalsa20poly1305(key, nonce).decrypt(box.subarray(BOX_NONCE_BYTES)));
  } catch {
    return undefined;
  }
}

class Verification {
  readonly faults: MacaroonFault[] = [];
  private readonly unused: Set<Macaroon>;

  constructor(
    private readonly root: Macaroon,
    discharges: readonly Macaroon[],
    private readonly check: CaveatCheck,
  ) {
    this.unused = new Set(discharges);
  }

  get left(): number {
    return this.unused.size;
  }

  /** Signatures come first: the predicates of a forged macaroon are not checked. */
  verify(macaroon: Macaroon, key: Buffer): void {
    let signature = keyedHash(key, macaroon.identifier);
    const predicates: string[] = [];
    const parties: { discharge: Macaroon; key: Buffer }[] = [];
    for (const caveat of macaroon.caveats) {
      if (caveat.thirdParty) {
        const found = this.takeDischarge(caveat.identifier);
        const opened = openBox(signature, caveat.thirdParty.verificationId);
        if (!found || !opened) this.faults.push({ kind: found ? 'signature' : 'no-discharge' });
        else parties.push({ discharge: found, key: opened });
      } else predicates.push(caveat.identifier.toString('utf8'));
      signature = chainSignature(signature, caveat);
    }
    const expected = macaroon === this.root ? signature : boundSignature(this.root.signature, signature);
    if (!timingSafeEqual(expected, macaroon.signature)) this.faults.push({ kind: 'signature' });
    else
      for (const predicate of predicates)
        if (!this.check(predicate, macaroon)) this.faults.push({ kind: 'caveat', predicate });
    for (const party of parties) this.verify(party.discharge, party.key);
  }

  /** Each discharge is used once, so that none can discharge itself. */
  private takeDischarge(identifier: Buffer): Macaroon | undefined {
    const found = [...this.unused].find((discharge) => discharge.identifier.equals(identifier));
    if (found) this.unused.delete(found);
    return found;
  }
}

/**
 * Verifies a macaroon and the discharges bound to it.
 *
 * @param secret - the secret that made it
 * @param check - called for every first-party caveat of a macaroon with a valid signature
 * @returns all errors; empty if it is valid
 * @see go-macaroon/macaroon (v1): macaroon.go, Verify
 */
export function verifyMacaroon(
  root: Macaroon,
  discharges: readonly Macaroon[],
  secret: Buffer,
  check: CaveatCheck,
): MacaroonFault[] {
  const verification = new Verification(root, discharges, check);
  verification.verify(root, deriveKey(secret));
  if (verification.left > 0) verification.faults.push({ kind: 'unused-discharge' });
  return verification.faults;
}
