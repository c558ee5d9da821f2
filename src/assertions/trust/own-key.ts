import type { KeyObject } from 'node:crypto';
import type { Assertion } from '../format/assertion.js';
import { headerText } from '../format/header-text.js';
import { decodePublicKey } from '../format/keys.js';
import type { AssertionLookup } from './assertion-lookup.js';
import { refusal } from './refusal.js';

type KeyText = (assertion: Assertion, known: AssertionLookup) => Promise<Buffer>;

/** Where the key stands that signs an assertion without authority. The other types without one are not kept. */
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

/** Whether an assertion without authority is kept: a device signs the others for one exchange alone. */
export function hasOwnKey({ type }: Assertion): boolean {
  return KEY_TEXTS.has(type.name);
}

/**
 * The key that must have signed an assertion without authority: the one that it asks to certify, or its device's.
 *
 * @param known - holds what the assertion's type needs
 * @throws StoreError `invalid-assertion` where `sign-key-sha3-384` is another key
 * @see snapcore/snapd: asserts/database.go, customSigner
 */
export async function ownKeyOf(assertion: Assertion, known: AssertionLookup): Promise<KeyObject> {
  const text = await KEY_TEXTS.get(assertion.type.name)?.(assertion, known);
  const { id, keyObject } = decodePublicKey(text ?? Buffer.alloc(0));
  if (id !== assertion.signKeyId)
    throw refusal(assertion, `it is signed by ${assertion.signKeyId}, and must be by ${id}`);
  return keyObject;
}
