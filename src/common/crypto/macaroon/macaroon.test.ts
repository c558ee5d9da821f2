import { describe, expect, it } from 'vitest';
import { MAX_MACAROON_LENGTH, parseMacaroon, serializeMacaroon } from './encoding.js';
import {
  addFirstPartyCaveat,
  addThirdPartyCaveat,
  bindDischarge,
  mintMacaroon,
  type Macaroon,
} from './macaroon.js';
import { verifyMacaroon, type CaveatCheck } from './verify.js';

const SECRET = Buffer.from('this is our super secret key; only we should know it');
const OTHER_SECRET = Buffer.from('this is a different super-secret key; never use the same secret twice');
const THIRD_SECRET = Buffer.from('4; guaranteed random by a fair toss of the dice');
const THIRD_ID = Buffer.from('this was how we remind auth of key/pred');

const plain = mintMacaroon(SECRET, Buffer.from('we used our secret key'), 'http://mybank/');

const guarded = addThirdPartyCaveat(
  addFirstPartyCaveat(
    mintMacaroon(OTHER_SECRET, Buffer.from('we used our other secret key'), 'http://mybank/'),
    'account = 3735928559',
  ),
  THIRD_SECRET,
  THIRD_ID,
  'http://auth.mybank/',
  Buffer.alloc(24),
);
const discharge = addFirstPartyCaveat(
  mintMacaroon(THIRD_SECRET, THIRD_ID, 'http://auth.mybank/'),
  'time < 2026',
);

const HOLDS: CaveatCheck = () => true;

function faultsOf(
  root: Macaroon,
  discharges: readonly Macaroon[] = [],
  check = HOLDS,
  secret = OTHER_SECRET,
): string[] {
  return verifyMacaroon(root, discharges, secret, check).map((fault) =>
    fault.kind === 'caveat' ? fault.predicate : fault.kind,
  );
}

// The examples in the README of libmacaroons.
describe('the published examples', () => {
  it('have their signatures', () => {
    expect(plain.signature.toString('hex')).toBe(
      'e3d9e02908526c4c0039ae15114115d97fdd68bf2ba379b342aaf0f617d0552f',
    );
    expect(addFirstPartyCaveat(plain, 'test = caveat').signature.toString('hex')).toBe(
      '197bac7a044af33332865b9266e26d493bdd668a660e44d88ce1a998c23dbd67',
    );
    expect(guarded.signature.toString('hex')).toBe(
      'd27db2fd1f22760e4c3dae8137e2d8fc1df6c0741c18aed4b97256bf78d1f55c',
    );
  });

  it('have their serialized bytes', () => {
    expect(serializeMacaroon(plain)).toBe(
      'MDAxY2xvY2F0aW9uIGh0dHA6Ly9teWJhbmsvCjAwMjZpZGVudGlmaWVyIHdlIHVzZWQgb3VyIHNlY3JldCBrZXkKMDAyZnNpZ25hdHVyZSDj2eApCFJsTAA5rhURQRXZf91ovyujebNCqvD2F9BVLwo',
    );
  });

  it('bind a discharge', () => {
    const published = addFirstPartyCaveat(
      mintMacaroon(THIRD_SECRET, THIRD_ID, 'http://auth.mybank/'),
      'time < 2015-01-01T00:00',
    );
    expect(bindDischarge(guarded, published).signature.toString('hex')).toBe(
      '2eb01d0dd2b4475330739140188648cf25dda0425ea9f661f1574ca0a9eac54e',
    );
  });
});

describe('reading', () => {
  it.each([plain, guarded, discharge, bindDischarge(guarded, discharge)])(
    'returns what was encoded: %#',
    (made) => {
      expect(parseMacaroon(serializeMacaroon(made))).toEqual(made);
      expect(parseMacaroon(Buffer.from(serializeMacaroon(made), 'base64url').toString('base64'))).toEqual(
        made,
      );
    },
  );

  const bytes = Buffer.from(serializeMacaroon(guarded), 'base64url');

  it('refuses every part of a macaroon', () => {
    for (let length = 1; length < bytes.length; length += 1)
      expect(() => parseMacaroon(bytes.subarray(0, length).toString('base64url')), `${length}`).toThrow(
        /^cannot read macaroon: /,
      );
  });

  it.each([
    ['', 'it is not base64'],
    ['a b', 'it is not base64'],
    [Buffer.concat([bytes, bytes]).toString('base64url'), 'it has data after its signature'],
    [Buffer.from('0000').toString('base64url'), 'not of version 1'],
    [Buffer.from('zzzzlocation x\n').toString('base64url'), 'not of version 1'],
    [Buffer.from('0015identifier first\n').toString('base64url'), 'its location is missing'],
    [Buffer.from('000elocation \n000fidentifier\n').toString('base64url'), 'not of version 1'],
    [
      Buffer.from('000elocation \n0010identifier \n0012signature abc\n').toString('base64url'),
      'its signature has the wrong length',
    ],
  ])('refuses %j', (text, why) => {
    expect(() => parseMacaroon(text)).toThrow(why);
  });

  it('has a length limit', () => {
    const long = 'A'.repeat(MAX_MACAROON_LENGTH);
    expect(() => parseMacaroon(long)).toThrow('not of version 1');
    expect(() => parseMacaroon(`${long}A`)).toThrow(`longer than ${MAX_MACAROON_LENGTH} characters`);
  });

  it('writes packets up to the length that four digits can express', () => {
    const withIdentifier = (length: number) => mintMacaroon(SECRET, Buffer.alloc(length), '');
    const longest = 0xffff - '0000identifier \n'.length;
    expect(serializeMacaroon(withIdentifier(longest)).length).toBeGreaterThan(longest);
    expect(() => serializeMacaroon(withIdentifier(longest + 1))).toThrow(
      'its identifier is longer than 65535 bytes',
    );
  });
});

describe('verifying', () => {
  const bound = bindDischarge(guarded, discharge);

  it('accepts a root with its discharge, and checks each predicate with its macaroon', () => {
    const asked: [string, string][] = [];
    const check = (predicate: string, { location }: Macaroon) => asked.push([predicate, location]) > 0;
    expect(faultsOf(guarded, [bound], check)).toEqual([]);
    expect(asked).toEqual([
      ['account = 3735928559', 'http://mybank/'],
      ['time < 2026', 'http://auth.mybank/'],
    ]);
  });

  it('names the predicate that is not met', () => {
    expect(faultsOf(guarded, [bound], (predicate) => !predicate.startsWith('time'))).toEqual(['time < 2026']);
  });

  it('requires exactly one discharge, bound to this root', () => {
    expect(faultsOf(guarded)).toEqual(['no-discharge']);
    expect(faultsOf(guarded, [discharge])).toEqual(['signature']);
    const other = addFirstPartyCaveat(guarded, 'narrower');
    expect(faultsOf(other, [bound])).toEqual(['signature']);
    expect(faultsOf(guarded, [bound, { ...bound }])).toEqual(['unused-discharge']);
    expect(faultsOf(plain, [bound], HOLDS, SECRET)).toEqual(['unused-discharge']);
  });

  it('refuses another secret, and checks no predicate of a forged macaroon', () => {
    const never = () => expect.fail('asked');
    expect(faultsOf(plain, [], never, OTHER_SECRET)).toEqual(['signature']);
    expect(faultsOf({ ...addFirstPartyCaveat(plain, 'x'), caveats: [] }, [], never, SECRET)).toEqual([
      'signature',
    ]);
  });

  it('refuses a caveat that was changed, removed or moved', () => {
    const two = addFirstPartyCaveat(addFirstPartyCaveat(plain, 'a'), 'b');
    const [a, b] = two.caveats;
    if (!a || !b) throw new Error('no caveats');
    expect(faultsOf(two, [], HOLDS, SECRET)).toEqual([]);
    for (const caveats of [[a], [b], [b, a], [a, { identifier: Buffer.from('c') }]])
      expect(faultsOf({ ...two, caveats }, [], HOLDS, SECRET)).toEqual(['signature']);
  });

  it('refuses a third party’s key that was changed', () => {
    const caveats = guarded.caveats.map((caveat) =>
      caveat.thirdParty
        ? { ...caveat, thirdParty: { ...caveat.thirdParty, verificationId: Buffer.alloc(10) } }
        : caveat,
    );
    expect(faultsOf({ ...guarded, caveats }, [bound])).toEqual(['signature', 'signature']);
  });
});
