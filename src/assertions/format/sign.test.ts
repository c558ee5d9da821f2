import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateRsaKey } from '../../common/crypto/rsa-key.js';
import type { HeaderMap, HeaderValue } from './assertion.js';
import { decodeAssertion } from './decode.js';
import { encodePublicKey, publicKeyId } from './keys.js';
import { signAssertion, signAssertionWith } from './sign.js';
import { decodeStream, encodeStream } from './stream.js';
import { verifySignature } from './verify.js';

const privateKey = generateRsaKey(1024);
const publicKey = createPublicKey(privateKey);
const KEY_ID = publicKeyId(privateKey);

const ACCOUNT = {
  'authority-id': 'acme',
  'account-id': 'acme',
  'display-name': 'Acme',
  timestamp: '2026-01-01T00:00:00Z',
  username: 'acme',
  validation: 'unproven',
};
const SNAP_REVISION = {
  'authority-id': 'acme',
  'snap-sha3-384': KEY_ID,
  'snap-id': 'A'.repeat(32),
  'snap-revision': '1',
  'snap-size': '4096',
  'developer-id': 'acme',
  timestamp: '2026-01-01T00:00:00Z',
};

function headOf(type: string, headers: HeaderMap, body?: string): string[] {
  const request = { type, headers, privateKey, ...(body !== undefined && { body: Buffer.from(body) }) };
  return signAssertion(request).content.toString().split('\n');
}

describe('signAssertion', () => {
  it('writes headers in the order of snapd', () => {
    const headers = { zzz: '1', ...ACCOUNT, aaa: ['x'], revision: '3' };
    expect(headOf('account', headers, 'body')).toEqual([
      'type: account',
      'authority-id: acme',
      'revision: 3',
      'account-id: acme',
      'aaa:',
      '  - x',
      'display-name: Acme',
      'timestamp: 2026-01-01T00:00:00Z',
      'username: acme',
      'validation: unproven',
      'zzz: 1',
      'body-length: 4',
      `sign-key-sha3-384: ${KEY_ID}`,
      '',
      'body',
    ]);
  });

  it('writes a format above 0 before the authority', () => {
    const headers = {
      'authority-id': 'acme',
      format: '1',
      series: '16',
      'snap-id': 'A'.repeat(32),
      'publisher-id': 'acme',
      'snap-name': 'jq',
      timestamp: '2026-01-01T00:00:00Z',
    };
    expect(headOf('snap-declaration', headers).slice(0, 5)).toEqual([
      'type: snap-declaration',
      'format: 1',
      'authority-id: acme',
      'series: 16',
      `snap-id: ${'A'.repeat(32)}`,
    ]);
  });

  it('omits values that have their default', () => {
    const lines = headOf('snap-revision', {
      ...SNAP_REVISION,
      format: '0',
      revision: '0',
      provenance: 'global-upload',
      empty: [],
    });
    expect(lines.filter((line) => /^(format|revision|provenance|body-length|empty)/.test(line))).toEqual([]);
    expect(headOf('snap-revision', { ...SNAP_REVISION, provenance: 'acme' })[3]).toBe('provenance: acme');
  });

  it('adds type, length and key itself', () => {
    const headers = { ...ACCOUNT, type: 'model', 'body-length': '9', 'sign-key-sha3-384': 'x' };
    const assertion = signAssertion({ type: 'account', headers, privateKey, body: Buffer.alloc(0) });
    expect(assertion.headers).toEqual(
      Object.assign(Object.create(null), { ...ACCOUNT, type: 'account', 'sign-key-sha3-384': KEY_ID }),
    );
  });

  it('signs a type without authority', () => {
    const { id, encoded } = encodePublicKey(privateKey);
    const headers = {
      'public-key-sha3-384': id,
      'account-id': 'acme',
      name: 'x',
      since: '2026-01-01T00:00:00Z',
    };
    const assertion = signAssertion({ type: 'account-key-request', headers, body: encoded, privateKey });
    expect(assertion.authorityId).toBeUndefined();
    expect(() => verifySignature(assertion, publicKey)).not.toThrow();
  });

  it('gives the same signature at the same time', () => {
    const request = {
      type: 'account',
      headers: ACCOUNT,
      privateKey,
      timestamp: new Date('2026-01-01T00:00:00Z'),
    };
    const later = { ...request, timestamp: new Date('2026-01-01T00:00:01Z') };
    expect(signAssertion(request).bytes.equals(signAssertion(request).bytes)).toBe(true);
    expect(signAssertion(request).signature.equals(signAssertion(later).signature)).toBe(false);
  });

  it.each<[string, string, string, HeaderMap]>([
    ['an unknown type', 'unsupported', 'bccount', ACCOUNT],
    ['a format above the supported ones', 'unsupported', 'account', { ...ACCOUNT, format: '1' }],
    ['no authority', 'invalid-assertion', 'account', { ...ACCOUNT, 'authority-id': '' }],
    ['an authority for a type without one', 'invalid-assertion', 'serial-request', ACCOUNT],
    ['no primary key', 'invalid-assertion', 'account', { ...ACCOUNT, 'account-id': '' }],
    ['a revision that is not a number', 'invalid-assertion', 'account', { ...ACCOUNT, revision: 'x' }],
    ['a header name outside the grammar', 'invalid-assertion', 'account', { ...ACCOUNT, A: 'x' }],
  ])('refuses %s', (_, code, type, headers) => {
    expect(() => signAssertion({ type, headers, privateKey })).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(/^cannot [^\n]+$/) }),
    );
  });

  it('refuses a body that is not UTF-8', () => {
    const request = { type: 'account', headers: ACCOUNT, privateKey, body: Buffer.from([0xff]) };
    expect(() => signAssertion(request)).toThrow(expect.objectContaining({ code: 'invalid-assertion' }));
  });

  it('refuses a key that is not RSA', () => {
    const { privateKey: other } = generateKeyPairSync('ed25519');
    expect(() => signAssertion({ type: 'account', headers: ACCOUNT, privateKey: other })).toThrow(
      expect.objectContaining({ code: 'invalid-request' }),
    );
  });
});

describe('any assertion', () => {
  const name = fc.stringMatching(/^x-[a-z](-?[a-z0-9]){0,6}$/);
  const text = fc.string({ unit: 'binary' });
  const value: fc.Arbitrary<HeaderValue> = fc.oneof(
    text,
    fc.array(text, { minLength: 1, maxLength: 3 }),
    fc.dictionary(name, text, { minKeys: 1, maxKeys: 3 }),
  );
  const extra = fc.dictionary(name, value, { maxKeys: 4 });

  it('can be read as it was signed, alone and in a stream', () => {
    fc.assert(
      fc.property(extra, fc.string({ unit: 'binary' }), (headers, body) => {
        const request = {
          type: 'account',
          headers: { ...ACCOUNT, ...headers },
          privateKey,
          body: Buffer.from(body),
        };
        const assertion = signAssertion(request);
        expect(assertion.body.toString()).toBe(body);
        expect(JSON.parse(JSON.stringify(assertion.headers))).toMatchObject(
          JSON.parse(JSON.stringify(request.headers)) as object,
        );
        expect(decodeAssertion(assertion.bytes)).toEqual(assertion);
        expect(decodeStream(encodeStream([assertion, assertion]))).toEqual([assertion, assertion]);
        expect(() => verifySignature(assertion, publicKey)).not.toThrow();
      }),
      { numRuns: 150 },
    );
  });
});

describe('signAssertionWith', () => {
  it('gives the same result with a key that is elsewhere', async () => {
    const request = { type: 'account', headers: ACCOUNT, timestamp: new Date('2026-01-01T00:00:00Z') };
    const signer = {
      publicKey,
      sign: (signed: Buffer) => Promise.resolve(sign('sha512', signed, privateKey)),
    };
    const assertion = await signAssertionWith(signer, request);
    expect(assertion.bytes).toEqual(signAssertion({ ...request, privateKey }).bytes);
    expect(() => verifySignature(assertion, publicKey)).not.toThrow();
  });

  it('passes on the error of the key', async () => {
    const signer = { publicKey, sign: () => Promise.reject(new Error('the token is gone')) };
    await expect(signAssertionWith(signer, { type: 'account', headers: ACCOUNT })).rejects.toThrow(
      'the token is gone',
    );
  });
});
