import type { KeyObject } from 'node:crypto';
import type { Assertion } from '../format/assertion.js';
import { headerText } from '../format/header-text.js';
import { decodePublicKey } from '../format/keys.js';
import type { AssertionLookup } from './assertion-lookup.js';
import { refusal } from './refusal.js';

type KeyText = (assertion: Assertion, known: AssertionLookup) => Promise<Buffer>;

/**
 * Where the signing key of an assertion without authority is found. Other types without authority are not kept.
 */
const KEY_TEXTS: ReadonlyMap<string, KeyText> = new Map<string, KeyText>([
  ['account-key-request', ({ body }) => Promise.resolve(body)],
  [
    'confdb-control',
    async ({ primaryKey }, known) => {
      const serial = await known.find('serial', primaryKey);
      return Buffer.from(serial ? headerText(serial, 'device-key') : '');
    },
  ],
]);

/** Whether an assertion without authority is kept. A device signs the others only for one exchange. */
export function hasOwnKey({ type }: Assertion): boolean {
  return KEY_TEXTS.has(type.name);
}

/**
 * The key that must have signed an assertion without authority: the one that it asks to certify, or its
 * device's.
 *
 * @param known - contains the assertion's prerequisites
 * @throws StoreError `invalid-assertion` if `sign-key-sha3-384` is another key
 * @see snapcore/snapd: asserts/database.go, customSigner
 */
export async function ownKeyOf(assertion: Assertion, known: AssertionLookup): Promise<KeyObject> {
  const text = await KEY_TEXTS.get(assertion.type.name)?.(assertion, known);
  const { id, keyObject } = decodePublicKey(text ?? Buffer.alloc(0));
  if (id !== assertion.signKeyId)
    throw refusal(assertion, `it is signed by ${assertion.signKeyId}, but must be by ${id}`);
  return keyObject;
}
