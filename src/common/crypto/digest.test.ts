import { describe, expect, it } from 'vitest';
import {
  DIGEST_BYTES,
  digestFromBase64url,
  digestFromHex,
  digestToBase64url,
  digestToHex,
  sha3_384,
} from './digest.js';

/** FIPS 202 example values for the empty message. */
const EMPTY_HEX =
  '0c63a75b845e4f7d01107d852e4c2485c51a50aaaa94fc61995e71bbee983a2ac3713831264adb47fb6bd1e058d5f004';
const EMPTY_BASE64URL = 'DGOnW4ReT30BEH2FLkwkhcUaUKqqlPxhmV5xu-6YOirDcTgxJkrbR_tr0eBY1fAE';

const REFUSED = expect.objectContaining({ code: 'invalid-request' });

describe('SHA3-384', () => {
  it('is the published value', () => {
    const digest = sha3_384(Buffer.alloc(0));
    expect(digest).toHaveLength(DIGEST_BYTES);
    expect(digestToHex(digest)).toBe(EMPTY_HEX);
    expect(digestToBase64url(digest)).toBe(EMPTY_BASE64URL);
  });

  it('reads back what it writes', () => {
    expect(digestToHex(digestFromBase64url(EMPTY_BASE64URL))).toBe(EMPTY_HEX);
    expect(digestToBase64url(digestFromHex(EMPTY_HEX))).toBe(EMPTY_BASE64URL);
  });

  it.each([
    ['nothing', ''],
    ['47 bytes', Buffer.alloc(47).toString('base64url')],
    ['49 bytes', Buffer.alloc(49).toString('base64url')],
    ['padding', `${EMPTY_BASE64URL}=`],
    ['standard base64', EMPTY_BASE64URL.replace('-', '+').replace('_', '/')],
    ['a line end', `${EMPTY_BASE64URL}\n`],
    ['an extra carriage return', `\r${EMPTY_BASE64URL}`],
    ['a line end inside', `${EMPTY_BASE64URL.slice(0, 63)}\n`],
    ['a character outside ASCII', `${EMPTY_BASE64URL.slice(0, 63)}ä`],
    ['hex', EMPTY_HEX],
  ])('refuses %s as base64url', (_, text) => {
    expect(() => digestFromBase64url(text)).toThrow(REFUSED);
  });

  it.each([
    ['nothing', ''],
    ['one digit less', EMPTY_HEX.slice(1)],
    ['one digit more', `${EMPTY_HEX}0`],
    ['upper case', EMPTY_HEX.toUpperCase()],
    ['a line end', `${EMPTY_HEX}\n`],
    ['another character', `${EMPTY_HEX.slice(1)}g`],
  ])('refuses %s as hex', (_, text) => {
    expect(() => digestFromHex(text)).toThrow(REFUSED);
  });
});
