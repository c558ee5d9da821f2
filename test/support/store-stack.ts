import type { KeyObject } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assertion, HeaderMap } from '../../src/assertions/format/assertion.js';
import { encodePublicKey } from '../../src/assertions/format/keys.js';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { isKeyNamed, type AssertionLookup } from '../../src/assertions/trust/assertion-lookup.js';
import { referenceKey, referenceOf } from '../../src/assertions/trust/reference.js';
import { generateRsaKey } from '../../src/common/crypto/rsa-key.js';
import { SINCE, StoreStack, type SigningOptions } from '../../src/sandbox/store-stack.js';

const keyPairs = new Map<string, KeyObject>();

/** A private key by any label, made once in a process: the same label is the same key. */
export function testKey(label: string, bits = 2_048): KeyObject {
  const known = keyPairs.get(`${bits}/${label}`);
  if (known) return known;
  const privateKey = generateRsaKey(bits);
  keyPairs.set(`${bits}/${label}`, privateKey);
  return privateKey;
}

export interface TestStackOptions {
  /** The root's account. */
  readonly authorityId?: string;
  /** Of every key; 1024 is enough for what no device reads. */
  readonly keyBits?: number;
  /** As a brand that is trusted itself: the root signs everything with its only key. */
  readonly hasOneKey?: boolean;
}

/** A snap in a set that need not exist. */
const SOME_SNAP = {
  name: 'some-snap',
  id: 'someSnapIdsomeSnapIdsomeSnapId12',
  presence: 'required',
  revision: '1',
};

/** The signing world of tests: its keys are made once in a process, and its brands sign what no store signs. */
export class TestStoreStack extends StoreStack {
  constructor({ authorityId = 'test-authority', keyBits, ...options }: TestStackOptions = {}) {
    super({ authorityId, keys: (label) => testKey(`${authorityId}/${label}`, keyBits), ...options });
  }

  /** A declaration of a snap that the root's account publishes itself. */
  ownDeclaration(snapId: string, revision = 0, format = 0): Assertion {
    const name = `snap-${snapId.slice(0, 6).toLowerCase()}`;
    const headers = { revision: String(revision), format: String(format) };
    return this.snapDeclaration({ snapId, name, publisherId: this.authorityId }, { headers });
  }

  /** A model of Core 18, by the brand itself. */
  model({ brandId = 'brand', model = 'my-model' } = {}, options?: SigningOptions): Assertion {
    const headers = { series: '16', model, architecture: 'amd64', base: 'core18' };
    const snaps = { gadget: 'pc=18', kernel: 'pc-kernel=18', timestamp: SINCE };
    return this.signByBrand('model', brandId, { 'brand-id': brandId, ...headers, ...snaps }, options);
  }

  serial(
    { brandId = 'brand', model = 'my-model', serial = 'serial-1', deviceKey = this.key('device') } = {},
    options?: SigningOptions,
  ): Assertion {
    const { id, encoded } = encodePublicKey(deviceKey);
    const device = { 'device-key': encoded.toString(), 'device-key-sha3-384': id };
    const headers = { 'brand-id': brandId, model, serial, ...device, timestamp: SINCE };
    return this.signByBrand('serial', brandId, headers, options);
  }

  validationSet(
    {
      accountId = 'brand',
      name = 'my-set',
      sequence = 1,
      snaps = [SOME_SNAP],
    }: { accountId?: string; name?: string; sequence?: number; snaps?: readonly HeaderMap[] } = {},
    options?: SigningOptions,
  ): Assertion {
    const key = { series: '16', 'account-id': accountId, name, sequence: String(sequence) };
    const headers = { ...key, snaps, timestamp: SINCE };
    return this.signByBrand('validation-set', accountId, headers, options);
  }
}

/** Writes roots to the file that `proxy.trusted-assertions` takes. @returns its path */
export async function writeRoots(directory: string, roots: readonly Assertion[]): Promise<string> {
  const path = join(directory, 'roots.assert');
  await writeFile(path, encodeStream(roots));
  return path;
}

/** A store that holds these, as a lookup. */
export function lookupOf(assertions: readonly Assertion[]): AssertionLookup {
  const byReference = new Map(assertions.map((assertion) => [referenceOf(assertion), assertion]));
  return {
    find: (type, primaryKey) => Promise.resolve(byReference.get(referenceKey({ type, primaryKey }))),
    findAccountKeysNamed: (accountId, name) =>
      Promise.resolve(
        [...byReference.values()].filter((assertion) => isKeyNamed(assertion, accountId, name)),
      ),
  };
}
