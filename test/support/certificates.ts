import 'reflect-metadata';
import {
  X509Certificate as Certificate,
  createPrivateKey,
  randomBytes,
  webcrypto,
  type KeyObject,
} from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type JsonGeneralName,
  type X509Certificate,
} from '@peculiar/x509';

const DAY_MS = 86_400_000;
export const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
export const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

const ALGORITHMS = {
  ecdsa: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    publicExponent: new Uint8Array([1, 0, 1]),
    modulusLength: 2_048,
  },
  ed25519: { name: 'Ed25519' },
};

export type KeyKind = keyof typeof ALGORITHMS;

export interface CertificateOptions {
  readonly name: string;
  readonly kind?: KeyKind;
  /** Host names and addresses it is for; none: it names no host. */
  readonly names?: readonly JsonGeneralName[];
  readonly isCa?: boolean;
  readonly usage?: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  /** The key to certify; without it a new one. */
  readonly keys?: webcrypto.CryptoKeyPair;
}

export async function makeKeys(kind: KeyKind): Promise<webcrypto.CryptoKeyPair> {
  return (await webcrypto.subtle.generateKey(ALGORITHMS[kind], true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
}

/** A certificate with its key, and what can issue more of them. */
export class TestCertificate {
  private constructor(
    private readonly certificate: X509Certificate,
    readonly keys: webcrypto.CryptoKeyPair,
    readonly key: KeyObject,
    private readonly kind: KeyKind,
  ) {}

  static async selfSigned(options: CertificateOptions): Promise<TestCertificate> {
    return await TestCertificate.make(options);
  }

  static async authority(name = 'Test Root'): Promise<TestCertificate> {
    return await TestCertificate.make({ name, isCa: true });
  }

  async issue(options: CertificateOptions): Promise<TestCertificate> {
    return await TestCertificate.make(options, this);
  }

  get pem(): string {
    return `${this.certificate.toString('pem')}\n`;
  }

  /** SHA-256, as Node shows it. */
  get fingerprint(): string {
    return new Certificate(this.pem).fingerprint256;
  }

  get keyPem(): string {
    return this.key.export({ type: 'pkcs8', format: 'pem' }).toString();
  }

  private static async make(options: CertificateOptions, issuer?: TestCertificate): Promise<TestCertificate> {
    const { name, kind = 'ecdsa', names = [], isCa = false, usage = SERVER_AUTH } = options;
    const keys = options.keys ?? (await makeKeys(kind));
    const certificate = await X509CertificateGenerator.create({
      serialNumber: `01${randomBytes(8).toString('hex')}`,
      subject: [{ CN: [name] }],
      issuer: issuer?.certificate.subject ?? [{ CN: [name] }],
      notBefore: options.notBefore ?? new Date(Date.now() - DAY_MS),
      notAfter: options.notAfter ?? new Date(Date.now() + 30 * DAY_MS),
      signingAlgorithm: ALGORITHMS[issuer?.kind ?? kind],
      publicKey: keys.publicKey,
      signingKey: (issuer?.keys ?? keys).privateKey,
      extensions: [
        new BasicConstraintsExtension(isCa, undefined, true),
        ...(isCa
          ? [new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true)]
          : [new ExtendedKeyUsageExtension([usage])]),
        ...(names.length > 0 ? [new SubjectAlternativeNameExtension([...names])] : []),
      ],
    });
    const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
    const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    return new TestCertificate(certificate, keys, key, kind);
  }
}

export const LOOPBACK: readonly JsonGeneralName[] = [
  { type: 'ip', value: '127.0.0.1' },
  { type: 'dns', value: 'localhost' },
];
