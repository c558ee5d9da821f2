import { describe, expect, it } from 'vitest';
import { generateRsaKey } from '../../common/crypto/rsa-key.js';
import { decodeAssertion } from './decode.js';
import { publicKeyId } from './keys.js';
import { MAX_ASSERTION_BODY_BYTES, MAX_HEADERS_BYTES, MAX_SIGNATURE_BYTES } from './limits.js';
import { ASSERTION_TYPES } from './registry.js';
import { signContent } from './sign.js';
import { decodeStream } from './stream.js';

const privateKey = generateRsaKey(1024);
const KEY_ID = publicKeyId(privateKey);
const NOW = new Date('2026-01-01T00:00:00Z');

const ACCOUNT: Readonly<Record<string, string>> = {
  type: 'account',
  'authority-id': 'acme',
  'account-id': 'acme',
  'display-name': 'Acme',
  timestamp: '2026-01-01T00:00:00Z',
  username: 'acme',
  validation: 'unproven',
  'sign-key-sha3-384': KEY_ID,
};

/** Headers as written, without those that are undefined. */
function head(changes: Readonly<Record<string, string | undefined>> = {}): string {
  return Object.entries({ ...ACCOUNT, ...changes })
    .flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}:${value.startsWith('\n') ? '' : ' '}${value}`],
    )
    .join('\n');
}

function signed(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([bytes, Buffer.from('\n\n'), signContent(bytes, privateKey, NOW), Buffer.from('\n')]);
}

function refusal(code: string, about: RegExp): unknown {
  return expect.objectContaining({
    code,
    message: expect.stringMatching(new RegExp(`^cannot [^\\n]*${about.source}`)),
  });
}

describe('decodeAssertion', () => {
  it('finds the parts', () => {
    const bytes = signed(head({ revision: '7' }));
    const assertion = decodeAssertion(bytes);
    expect(assertion.type.name).toBe('account');
    expect(assertion.headers['display-name']).toBe('Acme');
    expect(assertion.primaryKey).toEqual(['acme']);
    expect(assertion.authorityId).toBe('acme');
    expect([assertion.assertionRevision, assertion.format]).toEqual([7, 0]);
    expect(assertion.signKeyId).toBe(KEY_ID);
    expect(assertion.content.toString()).toBe(head({ revision: '7' }));
    expect(assertion.body).toHaveLength(0);
    expect(assertion.bytes.equals(bytes)).toBe(true);
  });

  it('keeps its own copy', () => {
    const bytes = signed(head());
    const assertion = decodeAssertion(bytes);
    bytes.fill(0);
    expect(assertion.content.toString()).toBe(head());
  });

  it.each([
    ['one line', 'body'],
    ['empty lines', 'a\n\nb\n\n'],
    ['a line end at the start', '\nbody'],
    ['characters outside ASCII', 'ü\u{1f4e6}'],
  ])('reads a body of %s', (_, body) => {
    const content = `${head({ 'body-length': String(Buffer.byteLength(body)) })}\n\n${body}`;
    expect(decodeAssertion(signed(content)).body.toString()).toBe(body);
  });

  it('reads an empty body with its own empty line, and keeps it signed', () => {
    expect(decodeAssertion(signed(`${head()}\n\n`)).content.toString()).toBe(`${head()}\n\n`);
  });

  it('fills in an optional primary key, and does not change the signed headers', () => {
    const revision = {
      'display-name': undefined,
      username: undefined,
      validation: undefined,
      'account-id': undefined,
      type: 'snap-revision',
      'snap-sha3-384': KEY_ID,
      'snap-id': 'A'.repeat(32),
      'snap-revision': '1',
      'snap-size': '4096',
      'developer-id': 'acme',
    };
    const assertion = decodeAssertion(signed(head(revision)));
    expect(assertion.primaryKey).toEqual([KEY_ID, 'global-upload']);
    expect(assertion.headers['provenance']).toBeUndefined();
    const other = decodeAssertion(signed(head({ ...revision, provenance: 'acme' })));
    expect(other.primaryKey).toEqual([KEY_ID, 'acme']);
    expect(() => decodeAssertion(signed(head({ ...revision, provenance: '' })))).toThrow(
      refusal('invalid-assertion', /"provenance" is empty/),
    );
  });

  it.each([...ASSERTION_TYPES.values()].map((type) => [type.name, type] as const))(
    'refuses a format of %s above the highest supported one, for every signer and caller',
    (name, { maxFormat, noAuthority }) => {
      const bytes = (format: number): Buffer => {
        const authority = noAuthority ? undefined : 'canonical';
        return signed(head({ type: name, 'authority-id': authority, format: String(format) }));
      };
      const unsupported = refusal('unsupported', new RegExp(`${name} assertion: format ${maxFormat + 1} `));
      for (const decode of [decodeAssertion, decodeStream]) {
        expect(() => decode(bytes(maxFormat + 1))).toThrow(unsupported);
        if (name !== 'account')
          expect(() => decode(bytes(maxFormat))).toThrow(
            expect.objectContaining({ code: 'invalid-assertion' }),
          );
      }
    },
  );

  it.each<[string, Readonly<Record<string, string | undefined>>, RegExp]>([
    ['no type', { type: undefined }, /"type" is missing/],
    ['a type that is a list', { type: '\n  - account' }, /"type" is not a string/],
    ['no authority', { 'authority-id': undefined }, /"authority-id" is missing/],
    ['an empty authority', { 'authority-id': '' }, /"authority-id" is empty/],
    ['no primary key', { 'account-id': undefined }, /"account-id" is missing/],
    ['an empty primary key', { 'account-id': '' }, /"account-id" is empty/],
    ['a slash in its primary key', { 'account-id': 'a/b' }, /"account-id" contains "\/"/],
    ['no signing key', { 'sign-key-sha3-384': undefined }, /"sign-key-sha3-384" is missing/],
    ['a short signing key', { 'sign-key-sha3-384': KEY_ID.slice(1) }, /"sign-key-sha3-384" is not a digest/],
    ['a negative revision', { revision: '-1' }, /"revision" is not a whole number/],
    ['a revision with a sign', { revision: '+1' }, /"revision" is not a whole number/],
    ['a revision with a leading zero', { revision: '01' }, /"revision" is not a whole number/],
    ['a revision in hex', { revision: '0x1' }, /"revision" is not a whole number/],
    ['an empty revision', { revision: '' }, /"revision" is not a whole number/],
    ['a revision of ten digits', { revision: '1000000000' }, /"revision" is not a whole number/],
    ['a format that is not a number', { format: 'x' }, /"format" is not a whole number/],
    ['a format that is a map', { format: '\n  a: b' }, /"format" is not a string/],
    ['a body-length without a body', { 'body-length': '1' }, /body has 0 bytes, but body-length is 1/],
  ])('refuses %s', (_, changes, about) => {
    expect(() => decodeAssertion(signed(head(changes)))).toThrow(refusal('invalid-assertion', about));
  });

  it('accepts revision 0 and a revision of nine digits', () => {
    expect(decodeAssertion(signed(head({ revision: '0' }))).assertionRevision).toBe(0);
    expect(decodeAssertion(signed(head({ revision: '999999999' }))).assertionRevision).toBe(999_999_999);
  });

  it.each(['ecount', '', 'constructor', '__proto__'])('names the unknown type %j', (type) => {
    const code = type === '' ? 'invalid-assertion' : 'unsupported';
    expect(() => decodeAssertion(signed(head({ type })))).toThrow(refusal(code, new RegExp(type)));
  });

  it('refuses an authority if the type has none', () => {
    const request = {
      type: 'account-key-request',
      'public-key-sha3-384': KEY_ID,
      name: 'x',
      since: '2026-01-01T00:00:00Z',
    };
    expect(() => decodeAssertion(signed(head(request)))).toThrow(refusal('invalid-assertion', /authority/));
  });

  it.each([
    ['shorter than announced', 'body', 5],
    ['longer than announced', 'body', 3],
    ['not announced', 'body', undefined],
  ])('refuses a body that is %s', (_, body, length) => {
    const content = `${head({ 'body-length': length === undefined ? undefined : String(length) })}\n\n${body}`;
    expect(() => decodeAssertion(signed(content))).toThrow(refusal('invalid-assertion', /body has 4 bytes/));
  });

  it('refuses a body that is not UTF-8', () => {
    const content = Buffer.concat([Buffer.from(`${head({ 'body-length': '1' })}\n\n`), Buffer.from([0xff])]);
    expect(() => decodeAssertion(signed(content))).toThrow(refusal('invalid-assertion', /not UTF-8/));
  });

  it.each(['$builtin', '$builtin\n', '$builtin\n\n\n'])('refuses the marker %j', (marker) => {
    const bytes = Buffer.from(`${head()}\n\n${marker}`);
    expect(() => decodeAssertion(bytes)).toThrow(expect.objectContaining({ code: 'invalid-assertion' }));
  });

  it.each<[string, (bytes: string) => string]>([
    ['nothing', () => ''],
    ['no empty line', (bytes) => bytes.replace('\n\n', '\n')],
    ['no signature', () => `${head()}\n\n`],
    ['a signature of line ends only', () => `${head()}\n\n\n`],
    ['an empty line at the start', (bytes) => `\n${bytes}`],
    ['two empty lines at the start', (bytes) => `\n\n${bytes}`],
    ['an extra line end at the end', (bytes) => `${bytes}\n`],
    ['three line ends before the signature', (bytes) => bytes.replace('\n\n', '\n\n\n')],
    ['a Windows line end', (bytes) => bytes.replaceAll('\n', '\r\n')],
    ['two assertions', (bytes) => `${bytes}\n${bytes}`],
  ])('refuses %s', (_, damage) => {
    const bytes = Buffer.from(damage(signed(head()).toString()));
    expect(() => decodeAssertion(bytes)).toThrow(refusal('invalid-assertion', /./));
  });

  it.each<[string, (bytes: string) => string]>([
    ['no line end at the end', (bytes) => bytes.trimEnd()],
    ['Windows line ends in its signature', (bytes) => bytes.replace(/\n$/, '\r\n')],
  ])('reads one with %s', (_, change) => {
    const bytes = Buffer.from(change(signed(head()).toString()));
    expect(decodeAssertion(bytes).bytes.equals(bytes)).toBe(true);
  });
});

describe('limits', () => {
  const filler = (bytes: number): string => 'x'.repeat(bytes);
  const withHeaders = (bytes: number): Buffer => {
    const short = head({ zzz: '' });
    return signed(short + filler(bytes - short.length - 2));
  };
  const withBody = (bytes: number): Buffer =>
    signed(`${head({ 'body-length': String(bytes) })}\n\n${filler(bytes)}`);
  const withSignature = (bytes: number): Buffer => {
    const short = signed(head());
    return Buffer.concat([short, Buffer.alloc(bytes - (short.length - head().length - 2), '\r')]);
  };

  it.each([
    ['headers', withHeaders, MAX_HEADERS_BYTES],
    ['body', withBody, MAX_ASSERTION_BODY_BYTES],
    ['signature', withSignature, MAX_SIGNATURE_BYTES - 1],
  ])('accepts %s up to the limit, and refuses one byte more', (part, make, limitBytes) => {
    expect(decodeAssertion(make(limitBytes - 1)).type.name).toBe('account');
    expect(decodeAssertion(make(limitBytes)).type.name).toBe('account');
    expect(() => decodeAssertion(make(limitBytes + 1))).toThrow(
      refusal('too-large', new RegExp(`${part} of more`)),
    );
  });
});
