import type { Assertion, HeaderMap } from '../../../src/assertions/format/assertion.js';
import { SINCE } from '../../../src/sandbox/store-stack.js';
import { newSigner, signContent } from './signer.js';
import { BRAND_ID, ROOT_ID, SIGNED_AT, type SignedWith, type World } from './world.js';

/** A stream of bytes that no edit of headers makes. */
export interface ByteCase {
  readonly name: string;
  readonly subject: Buffer;
  readonly good: boolean;
}

function bad(name: string, ...parts: (Buffer | string)[]): ByteCase {
  return { name, subject: joined(parts), good: false };
}

function good(name: string, ...parts: (Buffer | string)[]): ByteCase {
  return { name, subject: joined(parts), good: true };
}

function joined(parts: (Buffer | string)[]): Buffer {
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

/** The bytes with one bit of the byte at `index` (from the end where negative) turned over. */
function flipped(bytes: Buffer, index: number): Buffer {
  const copy = Buffer.from(bytes);
  const at = index < 0 ? copy.length + index : index;
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

/** How assertions follow each other: one empty line between them, at most one at the end. */
export function streamCases(one: Assertion, withBody: Assertion): ByteCase[] {
  const [a, b] = [one.bytes, withBody.bytes];
  return [
    good('stream: nothing'),
    good('stream: two', a, '\n', b),
    good('stream: two, the one with a body first', b, '\n', a),
    good('stream: the same twice', a, '\n', a),
    good('stream: one more newline at the end', a, '\n'),
    good('stream: no newline at the end', a.subarray(0, -1)),
    bad('stream: nothing between', a, b),
    bad('stream: two newlines between', a, '\n\n', b),
    bad('stream: two newlines at the end', a, '\n\n'),
    bad('stream: a newline at the start', '\n', a),
    bad('stream: only a newline', '\n'),
    bad('stream: ends in the headers', a.subarray(0, 40)),
    bad('stream: ends after the content', one.content),
    bad('stream: ends before the signature', one.content, '\n\n'),
    bad('stream: ends in the body', b.subarray(0, withBody.content.length - 20)),
    bad('stream: ends in the signature', a.subarray(0, -40)),
    bad('stream: a second one that is cut off', a, '\n', b.subarray(0, 60)),
    bad('stream: no empty line after the body', withBody.content, '\n', withBody.signature),
    bad('stream: text after the signature', a, 'end\n'),
    bad('stream: no assertion at all', 'hello world\n'),
  ];
}

/** Bytes turned over, and signatures that are none. */
export function signatureCases({ assertion, signer }: SignedWith, world: World): ByteCase[] {
  const { content, signature, bytes } = assertion;
  const encoded = signature.toString().replaceAll('\n', '');
  const raw = Buffer.from(encoded, 'base64');
  const signed = (text: string | Buffer): Buffer => joined([content, '\n\n', text]);
  const packet = (packetBytes: Buffer): Buffer => signed(`${packetBytes.toString('base64')}\n`);
  return [
    good('signature: on one line', signed(`${encoded}\n`)),
    good('signature: with carriage returns', signed(signature.toString().replaceAll('\n', '\r\n').trimEnd())),
    bad('signature: a bit of the content turned over', flipped(bytes, content.indexOf('New Comer'))),
    ...[0, 1, 4, 5, 6, 8, 9, 14, 16, 17, 20, 100].map((at) =>
      bad(`signature: a bit of byte ${at} turned over`, packet(flipped(raw, at))),
    ),
    bad('signature: a bit of the last byte turned over', packet(flipped(raw, -1))),
    bad('signature: one byte short', packet(raw.subarray(0, -1))),
    bad('signature: one byte more', packet(joined([raw, Buffer.alloc(1)]))),
    bad('signature: two packets', packet(joined([raw, raw.subarray(1)]))),
    bad('signature: empty', signed('\n')),
    bad('signature: not base64', signed('!!!!\n')),
    bad('signature: base64url', signed(`${encoded.replaceAll('+', '-').replaceAll('/', '_')}\n`)),
    bad('signature: without padding', signed(`${encoded.replace(/=+$/, '')}A\n`)),
    bad('signature: spaces inside', signed(`${encoded.slice(0, 40)} ${encoded.slice(40)}\n`)),
    bad('signature: a public key', signed(`${signer.encoded.toString()}\n`)),
    bad('signature: the marker of what is built in', signed('$builtin')),
    bad('signature: of a key that nobody knows', signContent(content, world.stranger)),
    bad('signature: of another known key', signContent(content, world.brand)),
    bad(
      'signature: of other content',
      joined([content, '\n\n', signContent(Buffer.from('x: y'), signer).subarray(6)]),
    ),
    bad('signature: over headers that are not UTF-8', signContent(latin1(content), signer)),
  ];
}

/** Packets whose length does not fit what they hold; snapd reads as much as it needs and passes over the rest. */
export function packetLengthCases({ assertion: { content, signature } }: SignedWith): ByteCase[] {
  const raw = Buffer.from(signature.toString(), 'base64');
  return [2, 3].map((at) =>
    bad(
      `signature: a bit of its packet's length turned over, byte ${at}`,
      content,
      '\n\n',
      `${flipped(raw, at).toString('base64')}\n`,
    ),
  );
}

/** The content with a header in another encoding than UTF-8. */
function latin1(content: Buffer): Buffer {
  return Buffer.from(content.toString().replace('New Comer', 'Neé Comer'), 'latin1');
}

function keyHeaders(id: string, name: string, since: string, until?: string): HeaderMap {
  return {
    'public-key-sha3-384': id,
    'account-id': ROOT_ID,
    name,
    since,
    ...(until !== undefined && { until }),
  };
}

/** Who may sign what, and when: everything here is well formed. */
export function authorityCases(world: World): ByteCase[] {
  const account = {
    'account-id': 'newcomer',
    'display-name': 'New',
    validation: 'unproven',
    timestamp: SIGNED_AT,
  };
  const store = { store: 's', 'operator-id': BRAND_ID, timestamp: SIGNED_AT };
  const [expired, future] = [newSigner(), newSigner()];
  const oldKey = world.byRoot(
    'account-key',
    keyHeaders(expired.keyId, 'old', '2016-01-01T00:00:00Z', SINCE),
    expired.encoded.toString(),
  );
  const newKey = world.byRoot(
    'account-key',
    keyHeaders(future.keyId, 'new', '2999-01-01T00:00:00Z'),
    future.encoded.toString(),
  );
  const by = { 'authority-id': ROOT_ID };
  const past = world.bySelf('account', { ...by, ...account, timestamp: '2016-02-01T00:00:00Z' }, expired);
  const ahead = world.bySelf('account', { ...by, ...account, timestamp: '2999-02-01T00:00:00Z' }, future);
  return [
    bad('authority: an account signed by a brand', world.byBrand('account', account).assertion.bytes),
    bad('authority: a store signed by a brand', world.byBrand('store', store).assertion.bytes),
    bad(
      'authority: a brand that signs as the root',
      world.bySelf('store', { ...by, ...store }, world.brand).assertion.bytes,
    ),
    good(
      'authority: keys that have ended, or not begun',
      oldKey.assertion.bytes,
      '\n',
      newKey.assertion.bytes,
    ),
    bad('authority: a key that has ended', oldKey.assertion.bytes, '\n', past.assertion.bytes),
    bad('authority: a key that has not begun', newKey.assertion.bytes, '\n', ahead.assertion.bytes),
    bad(
      'authority: a key nobody vouches for',
      world.bySelf('store', { ...by, ...store }, world.stranger).assertion.bytes,
    ),
  ];
}
