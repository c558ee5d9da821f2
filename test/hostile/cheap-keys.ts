import { createPrivateKey, generatePrimeSync, type KeyObject } from 'node:crypto';

const EXPONENT = 65_537n;
const PRIME_BITS = 1_024;

/** The modular inverse of `value` (extended Euclid). */
function inverse(value: bigint, modulus: bigint): bigint {
  let [rest, next, factor, nextFactor] = [modulus, value % modulus, 0n, 1n];
  while (next !== 0n) {
    const quotient = rest / next;
    [rest, next] = [next, rest - quotient * next];
    [factor, nextFactor] = [nextFactor, factor - quotient * nextFactor];
  }
  return factor < 0n ? factor + modulus : factor;
}

function base64url(number: bigint): string {
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url');
}

function keyOf(p: bigint, q: bigint): KeyObject {
  const d = inverse(EXPONENT, (p - 1n) * (q - 1n));
  const numbers = { n: p * q, e: EXPONENT, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) };
  const members = Object.entries(numbers).map(([name, number]) => [name, base64url(number)]);
  return createPrivateKey({ key: { kty: 'RSA', ...Object.fromEntries(members) }, format: 'jwk' });
}

/**
 * Different RSA keys of 2,048 bits that are cheap for an attacker: each pair of a few primes makes a key. They
 * protect nothing, and need not.
 */
export function cheapKeys(count: number): KeyObject[] {
  const primes: bigint[] = [];
  const keys: KeyObject[] = [];
  while (keys.length < count) {
    const prime = generatePrimeSync(PRIME_BITS, { bigint: true });
    if ((prime - 1n) % EXPONENT === 0n) continue;
    for (const other of primes) if (keys.length < count) keys.push(keyOf(prime, other));
    primes.push(prime);
  }
  return keys;
}
