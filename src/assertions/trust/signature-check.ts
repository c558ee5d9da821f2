import type { KeyObject } from 'node:crypto';
import type { Assertion } from '../format/assertion.js';
import { headerText } from '../format/header-text.js';
import { decodePublicKey } from '../format/keys.js';
import { verifySignature } from '../format/verify.js';
import { keyMaySign } from './constraints.js';
import { isDatedWithinKey, isKeyValidAt } from './key-validity.js';
import { refusal } from './refusal.js';

/**
 * Whether account-keys may sign, and did sign, an assertion. Decodes each key once, and verifies each signature
 * once: neither can change, because a key's id is the digest of the key.
 */
export class SignatureCheck {
  private readonly publicKeys = new Map<string, KeyObject>();
  private readonly verified = new WeakSet<Assertion>();

  /**
   * @param accountKey - verified, and the one of the assertion's `sign-key-sha3-384`
   * @throws StoreError `invalid-assertion` if the key is not valid now, belongs to another account, may not
   *   sign this, did not sign it, or was not valid at its timestamp
   * @see snapcore/snapd: asserts/database.go, DefaultCheckers
   */
  check(assertion: Assertion, accountKey: Assertion, now: Date | undefined): void {
    const owner = headerText(accountKey, 'account-id');
    const key = `the key that signs it, ${assertion.signKeyId},`;
    if (owner !== assertion.authorityId)
      throw refusal(assertion, `its authority is ${assertion.authorityId}, but ${key} belongs to ${owner}`);
    if (now && !isKeyValidAt(accountKey, now)) throw refusal(assertion, `${key} is not valid now`);
    if (!keyMaySign(accountKey, assertion))
      throw refusal(assertion, `the constraints of ${key} do not allow it`);
    this.checkSignature(assertion, accountKey);
    if (!isDatedWithinKey(accountKey, assertion))
      throw refusal(assertion, `its timestamp is outside the validity of ${key.slice(0, -1)}`);
  }

  /**
   * @param key - the one that must have signed an assertion without authority
   * @throws StoreError `invalid-assertion` if it did not
   */
  checkOwn(assertion: Assertion, key: KeyObject): void {
    this.verifySignature(assertion, () => key);
  }

  /**
   * @param accountKey - the one of the assertion's `sign-key-sha3-384`
   * @throws StoreError `invalid-assertion` if it did not sign this; the other conditions of `check` are not
   *   checked
   */
  checkSignature(assertion: Assertion, accountKey: Assertion): void {
    this.verifySignature(assertion, () => this.publicKeyOf(accountKey));
  }

  private verifySignature(assertion: Assertion, key: () => KeyObject): void {
    if (this.verified.has(assertion)) return;
    verifySignature(assertion, key());
    this.verified.add(assertion);
  }

  private publicKeyOf({ primaryKey: [id = ''], body }: Assertion): KeyObject {
    const known = this.publicKeys.get(id);
    if (known) return known;
    const { keyObject } = decodePublicKey(body);
    this.publicKeys.set(id, keyObject);
    return keyObject;
  }
}
