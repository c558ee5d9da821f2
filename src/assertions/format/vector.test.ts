import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { digestFromBase64url, digestToBase64url, sha3_384 } from '../../common/crypto/digest.js';
import { decodeAssertion } from './decode.js';
import { decodePublicKey, encodePublicKey } from './keys.js';
import { decodeSignature } from './signature-packet.js';
import { verifySignature } from './verify.js';

/**
 * Made with a temporary key by an independent signer, and accepted by snapd 2.57.6 and by snapd of August 2026.
 */
const VECTOR = `type: account-key-request
public-key-sha3-384: wh2uIxiplZXkMUMV3TjDDKQuP93uOu0PaH84tehP1LV4ZihIejDcN-6HQgNtpuBD
account-id: acme-operator
name: example
since: 2026-01-01T00:00:00Z
body-length: 194
sign-key-sha3-384: wh2uIxiplZXkMUMV3TjDDKQuP93uOu0PaH84tehP1LV4ZihIejDcN-6HQgNtpuBD

AcaNBFaFwYABBACpeZ9/v3kB2msATjCmNPkI1YP8jSIlcZeqHypPfv1NaGYjNiEHECbZJXjVZajU
qNTio4R690odg0chbTVfG6g9BQl9+29v+tmhc93zae3LfH17fJQQ1Jm5U8+e0TdLoDtfFhhjN8BF
6hj6j43aSuldlUNtRoo+namVKaqV6U1ACQARAQAB

AcKSBAABCgAGBQJpVbkAAABzgAP+OFbx0jZt+vh9ywUKAJkOeyAgE+ltv/RVLs39O5BF7sY3HTK9
vMS8ylM5E/laPzZqnp7swU4zVNCWTOv3qUKqCJId6eTz1G+F+anXXWlGCSP1/rlrTl6sk/10b6N0
Mu+xtaj38Cnqy8GLTUl/T5BkGV7P7R7slX1CqDAQKu0prdg=
`;
const KEY_ID = 'wh2uIxiplZXkMUMV3TjDDKQuP93uOu0PaH84tehP1LV4ZihIejDcN-6HQgNtpuBD';
const DIGEST =
  '73803366321ac3518568c2a217afdb58dfc4dcb142f26047cf91d2b28717433841054d6794b3a80000bab4723b5676b6211739819a5b8fd66ab536f4423fd9fc';

const assertion = decodeAssertion(Buffer.from(VECTOR));
const key = decodePublicKey(assertion.body);

it('has the parts it was made of', () => {
  expect(assertion.type.name).toBe('account-key-request');
  expect(assertion.primaryKey).toEqual([KEY_ID]);
  expect(assertion.authorityId).toBeUndefined();
  expect(assertion.signKeyId).toBe(KEY_ID);
  expect([assertion.assertionRevision, assertion.format]).toEqual([0, 0]);
  expect(assertion.content).toHaveLength(476);
  expect(assertion.body).toHaveLength(194);
  expect(assertion.bytes.toString()).toBe(VECTOR);
});

it('has the key id of its body', () => {
  const raw = Buffer.from(assertion.body.toString(), 'base64');
  expect(raw).toHaveLength(144);
  expect(raw.toString('hex')).toMatch(/^01c68d045685c180010400a9799f7f[0-9a-f]+4d40090011010001$/);
  expect(digestToBase64url(sha3_384(raw))).toBe(KEY_ID);
  expect(digestFromBase64url(KEY_ID).equals(sha3_384(raw))).toBe(true);
  expect(key.id).toBe(KEY_ID);
  expect(encodePublicKey(key.keyObject).encoded.equals(assertion.body)).toBe(true);
});

it('signs the digest of content, hashed part and trailer', () => {
  const { hash, suffix, digestStart, value } = decodeSignature(assertion.signature);
  expect(hash).toBe('sha512');
  expect(suffix.toString('hex')).toBe('0400010a000605026955b90004ff0000000c');
  expect(digestStart.toString('hex')).toBe('7380');
  expect(value).toHaveLength(128);
  expect(createHash('sha512').update(assertion.content).update(suffix).digest('hex')).toBe(DIGEST);
});

it('verifies with its own key', () => {
  expect(() => verifySignature(assertion, key.keyObject)).not.toThrow();
});

it('fails with any content byte changed', () => {
  const kept: number[] = [];
  for (let at = 0; at < assertion.content.length; at += 1) {
    const content = Buffer.from(assertion.content);
    content.writeUInt8(content.readUInt8(at) ^ 1, at);
    try {
      verifySignature({ ...assertion, content }, key.keyObject);
      kept.push(at);
    } catch (error) {
      expect(error).toMatchObject({ code: 'invalid-assertion' });
    }
  }
  expect(kept).toEqual([]);
});
