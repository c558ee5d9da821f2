import type { KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { publicKeyId } from '../assertions/format/keys.js';
import { privatePem, publicPem } from '../common/crypto/pem.js';
import { generateRsaKey } from '../common/crypto/rsa-key.js';
import { StoreError } from '../common/errors.js';
import type { Setting } from '../settings/setting.js';
import { SettingsService } from '../settings/settings.service.js';
import { readPrivateKey } from './key-pair.js';
import {
  BUNDLE_PRIVATE_KEY,
  BUNDLE_PUBLIC_KEY,
  STORE_PRIVATE_KEY,
  STORE_PUBLIC_KEY,
} from './key.settings.js';

/** Length of generated keys, in bits. */
export const GENERATED_KEY_BITS = 4_096;

export type KeyName = 'store' | 'bundle';

/** A key pair that this store holds. */
export interface HeldKey {
  readonly name: KeyName;
  /** The key id as assertions write it: unpadded base64url SHA3-384. */
  readonly id: string;
  /** `kept`: it existed before. */
  readonly outcome: 'generated' | 'imported' | 'kept';
}

export interface GenerateOptions {
  /** Replace existing keys. */
  readonly force: boolean;
  /** Files with private keys to import instead of generating them. */
  readonly files: Readonly<Partial<Record<KeyName, string>>>;
}

const SETTINGS: Readonly<Record<KeyName, { private: Setting<KeyObject>; public: Setting<KeyObject> }>> = {
  store: { private: STORE_PRIVATE_KEY, public: STORE_PUBLIC_KEY },
  bundle: { private: BUNDLE_PRIVATE_KEY, public: BUNDLE_PUBLIC_KEY },
};

/** The two key pairs of a store: one identifies the store, the other signs its bundles. */
@Injectable()
export class KeysService {
  constructor(private readonly settings: SettingsService) {}

  /**
   * Generates or imports the keys that are missing; with `force`, replaces existing keys.
   *
   * @throws StoreError `conflict` if an existing key would be replaced, `invalid-request` for a file without
   *   an RSA private key; in both cases nothing changes
   */
  async generate({ force, files }: GenerateOptions): Promise<HeldKey[]> {
    const held: HeldKey[] = [];
    const results: (readonly [Setting<unknown>, string])[] = [];
    for (const name of ['store', 'bundle'] as const) {
      const file = files[name];
      const present = await this.settings.find(SETTINGS[name].private);
      if (present && !force && file !== undefined) throw exists(`the ${name} key already exists`);
      // With one file, --force replaces that key only: the operator did not ask about the other one.
      const isWanted = force ? file !== undefined || Object.keys(files).length === 0 : true;
      if (present && (!force || !isWanted)) {
        held.push({ name, id: publicKeyId(present), outcome: 'kept' });
        continue;
      }
      const key = file === undefined ? generateRsaKey(GENERATED_KEY_BITS) : await readPrivateKey(file);
      results.push([SETTINGS[name].private, checkedText(key, file)], [SETTINGS[name].public, publicPem(key)]);
      held.push({ name, id: publicKeyId(key), outcome: file === undefined ? 'generated' : 'imported' });
    }
    if (results.length === 0) throw exists('keys already exist');
    await this.settings.record(results);
    return held;
  }
}

function exists(why: string): StoreError {
  return new StoreError(
    'conflict',
    `cannot generate keys: ${why}, and a registered store is identified by its key (use --force to replace it)`,
  );
}

/** Returns the stored form of a key. If an imported key is refused, the message names its file. */
function checkedText(key: KeyObject, file: string | undefined): string {
  if (file !== undefined && key.asymmetricKeyType !== 'rsa')
    throw new StoreError('invalid-request', `cannot import key ${file}: it is not an RSA key`);
  return privatePem(key);
}
