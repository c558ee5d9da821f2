import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_AUTH, LOOPBACK, TestCertificate } from '../../test/support/certificates.js';
import { subjectName } from '../common/crypto/certificates.js';
import { makeSelfSigned, SELF_SIGNED_DAYS } from './self-signed.js';
import { MAX_CERTIFICATE_BYTES, namesOf, readServerCertificate } from './server-certificate.js';

const HOST = 'store.example';
const NAMES = [{ type: 'dns', value: HOST }] as const;
const FROM = new Date('2030-01-01T00:00:00Z');
const UNTIL = new Date('2031-01-01T00:00:00Z');
const NOW = new Date('2030-06-01T00:00:00Z');
const DATES = { notBefore: FROM, notAfter: UNTIL };

let root: TestCertificate;
let upper: TestCertificate;
let lower: TestCertificate;
let leaf: TestCertificate;

beforeAll(async () => {
  root = await TestCertificate.selfSigned({ name: 'Root', isCa: true, ...DATES });
  upper = await root.issue({ name: 'Upper', isCa: true, ...DATES });
  lower = await upper.issue({ name: 'Lower', isCa: true, ...DATES });
  leaf = await lower.issue({ name: HOST, names: NAMES, ...DATES });
});

function read(text: string, host = HOST, now = NOW) {
  return readServerCertificate(text, host, now, (why) => new Error(why));
}

function refusal(text: string, host = HOST, now = NOW): string {
  try {
    read(text, host, now);
    return 'it was taken';
  } catch (error) {
    const { message } = error as Error;
    expect(message).toMatch(/^[^\p{Cc}]{10,400}$/u);
    return message;
  }
}

function orders<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) => orders(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}

describe('a chain', () => {
  it('is sorted, without its root, from any order', () => {
    for (const parts of orders([leaf.pem, leaf.keyPem, lower.pem, upper.pem, root.pem])) {
      const { chain, key } = read(parts.join('any text\n'));
      expect(chain.map(subjectName)).toEqual([HOST, 'Lower', 'Upper']);
      expect(key.equals(leaf.key)).toBe(true);
    }
  });

  it('may contain duplicates, may be incomplete, and may have Windows line endings', () => {
    const both = leaf.pem + leaf.keyPem + leaf.pem;
    expect(read(both).chain).toHaveLength(1);
    expect(read(both.replaceAll('\n', '\r\n')).chain).toHaveLength(1);
  });

  it('prefers the issuer that another one has signed', async () => {
    const crossed = await root.issue({ name: 'Own', isCa: true, ...DATES });
    const own = await TestCertificate.selfSigned({ name: 'Own', isCa: true, keys: crossed.keys, ...DATES });
    const server = await own.issue({ name: HOST, names: NAMES, ...DATES });
    const { chain } = read(own.pem + server.keyPem + crossed.pem + server.pem);
    expect(chain.map((one) => `${subjectName(one)} of ${one.issuer}`)).toEqual([
      `${HOST} of CN=Own`,
      'Own of CN=Root',
    ]);
  });

  it('accepts no certificate that is not part of it', async () => {
    const stranger = await TestCertificate.authority('Stranger');
    expect(refusal(leaf.pem + leaf.keyPem + lower.pem + stranger.pem)).toBe(
      `the certificate of Stranger in it is not part of the chain of ${HOST}: leave it out`,
    );
    // Upper without Lower: the chain has a gap.
    expect(refusal(leaf.pem + leaf.keyPem + upper.pem)).toContain(
      'the certificate of Upper in it is not part of the chain',
    );
  });

  it('accepts no issuer that is not a CA', async () => {
    const fake = await root.issue({ name: 'Fake', ...DATES });
    const server = await fake.issue({ name: HOST, names: NAMES, ...DATES });
    expect(refusal(server.pem + server.keyPem + fake.pem)).toContain(
      'of Fake in it is not part of the chain',
    );
  });
});

describe('a key', () => {
  it.each(['rsa', 'ecdsa'] as const)('of %s is accepted, in each form that openssl writes', async (kind) => {
    const server = await root.issue({ name: HOST, names: NAMES, kind, ...DATES });
    const own = kind === 'rsa' ? 'pkcs1' : 'sec1';
    for (const type of ['pkcs8', own] as const) {
      const key = server.key.export({ type, format: 'pem' }).toString();
      expect(read(server.pem + key).key.equals(server.key)).toBe(true);
    }
    const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
    expect(read(parameters + server.keyPem + server.pem).chain).toHaveLength(1);
  });

  it.each(['pkcs8', 'pkcs1'] as const)('that is encrypted (%s) is refused', async (type) => {
    const server = await root.issue({ name: HOST, names: NAMES, kind: 'rsa', ...DATES });
    const sealed = server.key.export({
      type,
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    });
    expect(refusal(server.pem + sealed.toString())).toBe(
      'the private key in it is encrypted: decrypt it first (openssl pkey -in KEY -out PLAIN)',
    );
  });

  it('of another certificate is refused', () => {
    expect(refusal(leaf.pem + lower.pem + root.keyPem)).toBe(
      'no certificate in it matches the private key in it',
    );
  });

  it('must match only one certificate', async () => {
    const renewed = await lower.issue({ name: HOST, names: NAMES, keys: leaf.keys, ...DATES });
    expect(refusal(leaf.pem + leaf.keyPem + renewed.pem)).toBe(
      '2 certificates in it match the private key: give only the one to use',
    );
  });

  it('must be present, exactly once, and readable', () => {
    expect(refusal(leaf.pem)).toContain('there is no private key in it');
    expect(refusal(leaf.pem + leaf.keyPem + root.keyPem)).toBe('there are 2 private keys in it: give one');
    expect(refusal(leaf.pem + leaf.keyPem.replace('MI', 'MA'))).toBe('the private key in it cannot be read');
    expect(refusal(leaf.keyPem)).toBe('there is no certificate in it');
  });

  it('of another kind is refused', async () => {
    const server = await root.issue({ name: HOST, names: NAMES, kind: 'ed25519', ...DATES });
    expect(refusal(server.pem + server.keyPem)).toBe('its key is of type ed25519: give an RSA or ECDSA key');
    const pem = (key: ReturnType<typeof createPrivateKey>) =>
      key.export({ type: 'pkcs8', format: 'pem' }).toString();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
    expect(refusal(leaf.pem + pem(privateKey))).toContain('its ECDSA key is on curve secp256k1');
    const short = generateKeyPairSync('rsa', { modulusLength: 2_047 });
    expect(refusal(leaf.pem + pem(short.privateKey))).toBe('its RSA key has 2047 bits: give 2048 to 8192');
  });
});

describe('dates', () => {
  const at = (date: Date, ms: number) => new Date(date.getTime() + ms);
  const text = () => leaf.pem + leaf.keyPem;

  it('are compared to the millisecond, and the last second is included', () => {
    expect(refusal(text(), HOST, at(FROM, -1))).toMatch(
      /^the certificate of store\.example is not valid before 2030-01-01T00:00:00Z \(this machine's clock says 2029-12-31T23:59:59Z\)$/,
    );
    expect(read(text(), HOST, FROM).chain).toHaveLength(1);
    expect(read(text(), HOST, at(UNTIL, 999)).chain).toHaveLength(1);
    expect(refusal(text(), HOST, at(UNTIL, 1_000))).toMatch(
      /^the certificate of store\.example expired at 2031-01-01T00:00:00Z \(/,
    );
  });

  it('are checked for intermediates too', async () => {
    const old = await root.issue({ name: 'Old', isCa: true, notBefore: FROM, notAfter: FROM });
    const server = await old.issue({ name: HOST, names: NAMES, ...DATES });
    expect(refusal(server.pem + server.keyPem + old.pem)).toContain('the certificate of Old expired at');
  });
});

describe('names', () => {
  it.each([
    ['store.example', [{ type: 'dns', value: 'store.example' }], true],
    ['STORE.example', [{ type: 'dns', value: 'store.EXAMPLE' }], true],
    ['a.store.example', [{ type: 'dns', value: '*.store.example' }], true],
    ['store.lan', [{ type: 'dns', value: '*.lan' }], true],
    ['lan', [{ type: 'dns', value: '*.lan' }], false],
    ['a.store.lan', [{ type: 'dns', value: '*.lan' }], false],
    ['10.0.0.1', [{ type: 'dns', value: '*.0.0.1' }], false],
    ['a.b.store.example', [{ type: 'dns', value: '*.store.example' }], false],
    ['store.example', [{ type: 'dns', value: '*.store.example' }], false],
    ['app.store.example', [{ type: 'dns', value: 'a*.store.example' }], false],
    ['127.0.0.1', LOOPBACK, true],
    ['127.0.0.1', [{ type: 'dns', value: '127.0.0.1' }], false],
    ['fd00::1', [{ type: 'ip', value: 'fd00::1' }], true],
    ['fd00::2', [{ type: 'ip', value: 'fd00::1' }], false],
  ] as const)('of %s, for a certificate for %j: %s', async (host, names, isCovered) => {
    const server = await root.issue({ name: host, names, ...DATES });
    const text = server.pem + server.keyPem;
    if (isCovered) expect(read(text, host).chain).toHaveLength(1);
    else expect(refusal(text, host)).toContain(`but devices look for ${host} (proxy.domain)`);
  });

  it('are explained in the message', async () => {
    const server = await root.issue({ name: 'other', names: LOOPBACK, ...DATES });
    expect(refusal(server.pem + server.keyPem)).toBe(
      'the certificate is for 127.0.0.1, localhost, but devices look for store.example (proxy.domain): set proxy.domain to one of these names, or get a certificate for store.example',
    );
  });

  it('are not taken from the common name', async () => {
    const server = await root.issue({ name: HOST, ...DATES });
    expect(refusal(server.pem + server.keyPem)).toBe(
      'the certificate names no host (subjectAltName), but devices look for store.example (proxy.domain): get a certificate for store.example',
    );
  });
});

it('is not for clients', async () => {
  const client = await root.issue({ name: HOST, names: NAMES, usage: CLIENT_AUTH, ...DATES });
  expect(refusal(client.pem + client.keyPem)).toBe(
    'the certificate is not for TLS servers (extended key usage)',
  );
});

it('names other PEM blocks in the input', () => {
  const request = leaf.pem.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST');
  expect(refusal(leaf.pem + leaf.keyPem + request)).toContain('there is a CERTIFICATE REQUEST in it');
});

it.each([
  [MAX_CERTIFICATE_BYTES, 'it was taken'],
  [MAX_CERTIFICATE_BYTES + 1, `the input is longer than ${MAX_CERTIFICATE_BYTES} bytes`],
])('of %i bytes: %s', (bytes, message) => {
  expect(refusal((leaf.pem + leaf.keyPem).padEnd(bytes))).toBe(message);
});

describe('a self-signed one', () => {
  it.each([
    ['store.example'],
    ['192.0.2.1'],
    ['fd00::1'],
    [`${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`],
  ])('for %s passes every check of an import', async (host) => {
    const made = await makeSelfSigned(host, NOW);
    const [own] = made.chain;
    expect(namesOf(own)[0]?.toLowerCase()).toMatch(
      host === 'fd00::1' ? /^fd00:.*:1$/ : new RegExp(`^${host}$`),
    );
    const key = made.key.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(read(own.toString() + key, host).chain).toHaveLength(1);
    expect(made.key.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(own.ca).toBe(false);
  });

  it(`is valid for ${SELF_SIGNED_DAYS} days, including the last second`, async () => {
    const [own] = (await makeSelfSigned(HOST, NOW)).chain;
    const seconds = (Date.parse(own.validTo) - Date.parse(own.validFrom)) / 1_000 + 1;
    expect(seconds).toBe(SELF_SIGNED_DAYS * 86_400);
    expect(Date.parse(own.validFrom)).toBeLessThan(NOW.getTime());
  });

  it('is different each time', async () => {
    const [one, two] = await Promise.all([makeSelfSigned(HOST, NOW), makeSelfSigned(HOST, NOW)]);
    expect(one.chain[0].serialNumber).not.toBe(two.chain[0].serialNumber);
    expect(one.key.equals(two.key)).toBe(false);
  });
});
