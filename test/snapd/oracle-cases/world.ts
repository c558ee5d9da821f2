import type { Assertion, HeaderMap } from '../../../src/assertions/format/assertion.js';
import { signAssertion } from '../../../src/assertions/format/sign.js';
import { newSigner, type Signer } from './signer.js';

export const SINCE = '2026-01-01T00:00:00Z';
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
  readonly root = newSigner();
  readonly store = newSigner();
  readonly brand = newSigner();
  readonly device = newSigner();
  /** Nobody vouches for this one. */
  readonly stranger = newSigner();

  readonly trusted: readonly Assertion[] = [
    this.#account(ROOT_ID, this.root),
    this.#accountKey(ROOT_ID, 'root', this.root),
  ];
  /** All that is known to the device before a case begins. */
  readonly known: readonly Assertion[] = [
    this.#accountKey(ROOT_ID, 'store', this.store),
    this.#account(BRAND_ID, this.store),
    this.#account(PUBLISHER_ID, this.store),
    this.#accountKey(BRAND_ID, 'default', this.brand),
    this.#declaration(GATING_SNAP_ID, 'gating', {
      'revision-authority': [{ 'account-id': BRAND_ID, provenance: ['delegated'] }],
    }),
    this.#declaration(GATED_SNAP_ID, 'gated', {}),
    this.byBrand('serial', {
      'brand-id': BRAND_ID,
      model: MODEL,
      serial: SERIAL,
      'device-key': this.device.encoded.toString(),
      'device-key-sha3-384': this.device.keyId,
      timestamp: SIGNED_AT,
    }).assertion,
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

  #account(accountId: string, signer: Signer): Assertion {
    const headers = {
      'authority-id': ROOT_ID,
      'account-id': accountId,
      'display-name': accountId,
      validation: 'verified',
      timestamp: SINCE,
    };
    return this.#sign('account', headers, signer).assertion;
  }

  #accountKey(accountId: string, name: string, key: Signer): Assertion {
    const headers = { 'public-key-sha3-384': key.keyId, 'account-id': accountId, name, since: SINCE };
    return this.byRoot('account-key', headers, key.encoded.toString()).assertion;
  }

  #declaration(snapId: string, snapName: string, more: HeaderMap): Assertion {
    const headers = {
      series: '16',
      'snap-id': snapId,
      'snap-name': snapName,
      'publisher-id': BRAND_ID,
      timestamp: SIGNED_AT,
    };
    return this.byStore('snap-declaration', { ...headers, ...more }).assertion;
  }
}
