import { createPublicKey, verify } from 'node:crypto';
import { expect, it } from 'vitest';
import { testKey } from '../../../test/support/store-stack.js';
import { signRegistration } from './registration-proof.js';

it('signs the string in the contract', () => {
  const key = testKey('proof');
  const proof = signRegistration(key, 'nonce-1', 'http://store.example');
  const text = 'snap-store-proxy registration\nnonce-1\nhttp://store.example\n';
  expect(verify('sha512', Buffer.from(text), createPublicKey(key), Buffer.from(proof, 'base64'))).toBe(true);
});
