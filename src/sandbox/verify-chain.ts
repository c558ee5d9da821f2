import type { Assertion, AssertionRef } from '../assertions/format/assertion.js';
import { decodeAssertion } from '../assertions/format/decode.js';
import { TrustedRoots } from '../assertions/trust/trusted-roots.js';
import { digestToBase64url } from '../common/crypto/digest.js';
import { StoreError } from '../common/errors.js';
import { ChainFetcher } from '../fetch/chain-fetcher.js';

async function fetchAssertion(url: string, { type, primaryKey }: AssertionRef): Promise<Assertion> {
  const path = [type, ...primaryKey].map(encodeURIComponent).join('/');
  const response = await fetch(`${url}/v2/assertions/${path}`, {
    headers: { accept: 'application/x.ubuntu.assertion' },
  });
  if (!response.ok) throw new StoreError('not-found', `the store has no ${type} ${primaryKey.join('/')}`);
  return decodeAssertion(Buffer.from(await response.arrayBuffer()));
}

/**
 * Fetches each assertion of a file, as a device does after a download, and verifies them up to a trusted root.
 *
 * @param digest - SHA3-384 of the file, 48 bytes
 * @returns the verified assertions, from the file upwards
 * @throws StoreError if an assertion is missing or cannot be verified
 * @see snapcore/snapd: asserts/fetcher.go
 */
export async function verifyChain(
  url: string,
  digest: Buffer,
  root: readonly Assertion[],
): Promise<string[]> {
  const roots = TrustedRoots.withCanonical(root);
  const chain = await new ChainFetcher((reference) => fetchAssertion(url, reference), roots).fetch({
    type: 'snap-revision',
    primaryKey: [digestToBase64url(digest)],
  });
  return [
    ...chain.toReversed().map(describe),
    ...root.map((assertion) => `${describe(assertion)} (trusted)`),
  ];
}

function describe({ type, primaryKey }: Assertion): string {
  return `${type.name} ${primaryKey.map((value) => (value.length > 32 ? `${value.slice(0, 12)}…` : value)).join('/')}`;
}
