import { randomBytes, type KeyObject } from 'node:crypto';
import { join } from 'node:path';
import { encodeStream } from '../assertions/format/stream.js';
import { encodeBase32 } from '../common/crypto/one-time-code.js';
import { makeFolders } from '../common/files/make-folders.js';
import { replaceFile } from '../common/files/replace-file.js';
import { keyAt, PUBLIC_MODE, readOrMake, readWith, SECRET_MODE } from './state-files.js';
import { SANDBOX_ROOT, StoreStack } from './store-stack.js';

const ROOT_ID = 'sandbox-root';
const SECRET_BYTES = 32;
/** RFC 4226, section 4, asks for 160 bits. */
const TOTP_SECRET_BYTES = 20;
const PASSWORD_BYTES = 12;

/** An account that can log in. */
export interface SandboxAccount {
  readonly accountId: string;
  readonly displayName: string;
  /** In lower case. */
  readonly email: string;
  readonly password: string;
  /** The secret of the second factor, if there is one. */
  readonly totpSecret?: Buffer;
}

/** A registered store: the proven key and the signed assertion. */
export interface SandboxStore {
  readonly storeId: string;
  readonly accountId: string;
  readonly url: string;
  /** SPKI in PEM. */
  readonly publicKey: string;
  /** The assertion revision of the newest store assertion. */
  readonly assertionRevision: number;
  /** When it was signed, RFC 3339. */
  readonly timestamp: string;
  readonly survey?: Readonly<Record<string, string>>;
}

interface Secrets {
  readonly macaroonSecret: string;
  readonly accounts: readonly (Omit<SandboxAccount, 'totpSecret'> & { readonly totpSecret?: string })[];
}

function newSecrets(): Secrets {
  const password = () => randomBytes(PASSWORD_BYTES).toString('hex');
  return {
    macaroonSecret: randomBytes(SECRET_BYTES).toString('base64'),
    accounts: [
      {
        accountId: 'operator',
        displayName: 'Sandbox operator',
        email: 'operator@sandbox.test',
        password: password(),
      },
      {
        accountId: 'operator-otp',
        displayName: 'Sandbox operator with a second factor',
        email: 'operator-otp@sandbox.test',
        password: password(),
        totpSecret: randomBytes(TOTP_SECRET_BYTES).toString('base64'),
      },
    ],
  };
}

function readSecrets(text: string): { macaroonSecret: Buffer; accounts: SandboxAccount[] } {
  const { macaroonSecret, accounts } = JSON.parse(text) as Secrets;
  return {
    macaroonSecret: Buffer.from(macaroonSecret, 'base64'),
    accounts: accounts.map(({ totpSecret, ...account }) => ({
      ...account,
      ...(totpSecret !== undefined && { totpSecret: Buffer.from(totpSecret, 'base64') }),
    })),
  };
}

function readRegistrations(text: string): SandboxStore[] {
  const list = JSON.parse(text) as SandboxStore[];
  if (!Array.isArray(list) || !list.every(({ storeId }) => typeof storeId === 'string'))
    throw new Error('no list');
  return list;
}

/** What a sandbox keeps over restarts outside of its database: keys, accounts and registrations. */
export class SandboxState {
  readonly stack: StoreStack;
  /** The stream for `proxy.trusted-assertions`. */
  readonly rootFile: string;
  /** The key that encrypts secrets of caveats for the log-in service. */
  readonly loginKey: KeyObject;
  /** The secret that signs and verifies the dashboard's macaroons. */
  readonly macaroonSecret: Buffer;
  readonly accounts: readonly SandboxAccount[];
  private readonly registrationsFile: string;
  private stores: readonly SandboxStore[];

  /**
   * @param directory - the sandbox's data directory; missing files are created
   * @throws StoreError `storage-failed` if a file cannot be read or written
   */
  constructor(directory: string) {
    const keys = join(directory, 'upstream');
    makeFolders(keys, 0o700);
    this.stack = new StoreStack({
      authorityId: ROOT_ID,
      rootHeaders: SANDBOX_ROOT,
      keys: (label) => keyAt(join(keys, `${label}.pem`)),
    });
    this.loginKey = keyAt(join(keys, 'login.pem'));
    const secrets = join(keys, 'secrets.json');
    const text = readOrMake(secrets, SECRET_MODE, () => JSON.stringify(newSecrets(), null, 2));
    ({ macaroonSecret: this.macaroonSecret, accounts: this.accounts } = readWith(secrets, text, readSecrets));
    this.registrationsFile = join(keys, 'registrations.json');
    this.stores = readWith(
      this.registrationsFile,
      readOrMake(this.registrationsFile, SECRET_MODE, () => '[]'),
      readRegistrations,
    );
    this.rootFile = join(directory, 'root.assert');
    replaceFile(this.rootFile, encodeStream(this.stack.trusted()), PUBLIC_MODE);
  }

  get registrations(): readonly SandboxStore[] {
    return this.stores;
  }

  /** Stores a registration; it replaces an older one of the same store. */
  keep(registration: SandboxStore): void {
    const others = this.stores.filter(({ storeId }) => storeId !== registration.storeId);
    const stores = [...others, registration];
    replaceFile(this.registrationsFile, JSON.stringify(stores, null, 2), SECRET_MODE);
    this.stores = stores;
  }
}

/** The URL of a second factor's secret, for authenticator programs. */
export function otpAuthUrl({ email, totpSecret }: SandboxAccount): string | undefined {
  if (!totpSecret) return undefined;
  return `otpauth://totp/sandbox:${encodeURIComponent(email)}?secret=${encodeBase32(totpSecret)}&issuer=sandbox`;
}
