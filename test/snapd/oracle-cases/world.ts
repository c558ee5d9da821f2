import type { Assertion, HeaderMap } from '../../../src/assertions/format/assertion.js';
import { signAssertion } from '../../../src/assertions/format/sign.js';
import { TestStoreStack } from '../../support/store-stack.js';
import { newSigner, signerOf, type Signer } from './signer.js';

export const SIGNED_AT = '2026-02-01T00:00:00Z';

export const ROOT_ID = 'acme-root';
export const BRAND_ID = 'my-brand';
/** An account without any key. */
export const PUBLISHER_ID = 'acme';

/** Two snaps of the brand: the first gates the second, and lets the brand sign revisions of provenance `delegated`. */
export const GATING_SNAP_ID = 'gatingsnapgatingsnapgatingsnap00';
export const GATED_SNAP_ID = 'gatedsnapgatedsnapgatedsnapgat00';
export const SNAP_IDS = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(32));

export const MODEL = 'my-model';
export const SERIAL = 'serial-1';

export interface SignedWith {
  readonly assertion: Assertion;
  readonly signer: Signer;
}

/** A root, who it vouches for and one device: what every case of the oracle's tables rests on. */
export class World {
  readonly #stack = new TestStoreStack({ authorityId: ROOT_ID });
  readonly root = signerOf(this.#stack.rootKey);
  readonly store = signerOf(this.#stack.storeKey);
  readonly brand = signerOf(this.#stack.key(`brand ${BRAND_ID}`));
  readonly device = signerOf(this.#stack.key('device'));
  /** Nobody vouches for this one. */
  readonly stranger = newSigner();

  readonly trusted: readonly Assertion[] = this.#stack.trusted();
  /** All that is known to the device before a case begins. */
  readonly known: readonly Assertion[] = [
    this.#stack.storeAccountKey,
    this.#stack.account(BRAND_ID),
    this.#stack.account(PUBLISHER_ID),
    this.#stack.accountKey(BRAND_ID, 'default', this.brand.privateKey),
    this.#stack.snapDeclaration(
      { snapId: GATING_SNAP_ID, name: 'gating', publisherId: BRAND_ID },
      { headers: { 'revision-authority': [{ 'account-id': BRAND_ID, provenance: ['delegated'] }] } },
    ),
    this.#stack.snapDeclaration({ snapId: GATED_SNAP_ID, name: 'gated', publisherId: BRAND_ID }),
    this.#stack.serial({ brandId: BRAND_ID, serial: SERIAL, deviceKey: this.device.privateKey }),
  ];

  byRoot(type: string, headers: HeaderMap, body?: string): SignedWith {
    return this.#sign(type, { 'authority-id': ROOT_ID, ...headers }, this.root, body);
  }

  byStore(type: string, headers: HeaderMap, body?: string): SignedWith {
    return this.#sign(type, { 'authority-id': ROOT_ID, ...headers }, this.store, body);
  }

  byBrand(type: string, headers: HeaderMap, body?: string): SignedWith {
    return this.#sign(type, { 'authority-id': BRAND_ID, ...headers }, this.brand, body);
  }

  /** For the types that have no authority. */
  bySelf(type: string, headers: HeaderMap, signer: Signer, body?: string): SignedWith {
    return this.#sign(type, headers, signer, body);
  }

  #sign(type: string, headers: HeaderMap, signer: Signer, body?: string): SignedWith {
    const { privateKey } = signer;
    const assertion = signAssertion({
      type,
      headers,
      privateKey,
      ...(body !== undefined && { body: Buffer.from(body) }),
    });
    return { assertion, signer };
  }
}
