import type { Assertion } from '../assertions/format/assertion.js';
import { decodeAssertion } from '../assertions/format/decode.js';
import type { AssertionLookup } from '../assertions/trust/assertion-lookup.js';
import { AssertionBatch } from '../assertions/trust/batch.js';
import { TrustedRoots } from '../assertions/trust/trusted-roots.js';
import { digestToBase64url } from '../common/crypto/digest.js';
import { StoreError } from '../common/errors.js';

/** A device that holds nothing but its roots. */
const NOTHING_STORED: AssertionLookup = {
  find: () => Promise.resolve(undefined),
  findAccountKeysNamed: () => Promise.resolve([]),
};

async function fetchAssertion(url: string, type: string, primaryKey: readonly string[]): Promise<Assertion> {
  const path = [type, ...primaryKey].map(encodeURIComponent).join('/');
  const response = await fetch(`${url}/v2/assertions/${path}`, {
    headers: { accept: 'application/x.ubuntu.assertion' },
  });
  if (!response.ok) throw new StoreError('not-found', `the store has no ${type} ${primaryKey.join('/')}`);
  return decodeAssertion(Buffer.from(await response.arrayBuffer()));
}

/**
 * Fetches a file's assertions one by one, as a device does after a download, and verifies them up to a trusted root.
 *
 * @param digest - SHA3-384 of the file, 48 bytes
 * @returns what was verified, from the file upwards
 * @throws StoreError where an assertion is missing or cannot be believed
 * @see snapcore/snapd: asserts/fetcher.go
 */
export async function verifyChain(
  url: string,
  digest: Buffer,
  root: readonly Assertion[],
): Promise<string[]> {
  const roots = TrustedRoots.withCanonical(root);
  const batch = new AssertionBatch();
  const fetched = new Map<string, Assertion>();
  const wanted: { type: string; primaryKey: readonly string[] }[] = [
    { type: 'snap-revision', primaryKey: [digestToBase64url(digest)] },
  ];
  for (let next = wanted.shift(); next; next = wanted.shift()) {
    const name = [next.type, ...next.primaryKey].join('/');
    if (fetched.has(name) || roots.isTrusted(next.type, next.primaryKey)) continue;
    const assertion = await fetchAssertion(url, next.type, next.primaryKey);
    fetched.set(name, assertion);
    batch.add(assertion);
    wanted.push(...assertion.type.prerequisites(assertion), {
      type: 'account-key',
      primaryKey: [assertion.signKeyId],
    });
  }
  batch.refuseUnresolved(await batch.verify({ roots, stored: NOTHING_STORED, now: new Date() }));
  return [
    ...[...fetched.values()].map(describe),
    ...root.map((assertion) => `${describe(assertion)} (trusted)`),
  ];
}

function describe({ type, primaryKey }: Assertion): string {
  return `${type.name} ${primaryKey.map((value) => (value.length > 32 ? `${value.slice(0, 12)}…` : value)).join('/')}`;
}
