import { createPublicKey, verify } from 'node:crypto';
import { expect, it } from 'vitest';
import { testKey } from '../../../test/support/store-stack.js';
import { isRegistrationProof, signRegistration } from './registration-proof.js';

const key = testKey('proof');
const publicKey = createPublicKey(key);
const proof = signRegistration(key, 'nonce-1', 'http://store.example');

it('signs the text that the contract names', () => {
  const text = 'snap-store-proxy registration\nnonce-1\nhttp://store.example\n';
  expect(verify('sha512', Buffer.from(text), publicKey, Buffer.from(proof, 'base64'))).toBe(true);
});

it.each([
  ['this', publicKey, 'nonce-1', 'http://store.example', true],
  ['another key', createPublicKey(testKey('another')), 'nonce-1', 'http://store.example', false],
  ['another nonce', publicKey, 'nonce-2', 'http://store.example', false],
  ['another URL', publicKey, 'nonce-1', 'http://store.example:8080', false],
])('proves %s', (_what, by, nonce, url, proves) =>
  expect(isRegistrationProof(by, nonce, url, proof)).toBe(proves),
);
