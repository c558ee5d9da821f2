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

/** Length of the keys that are made, in bits. */
export const GENERATED_KEY_BITS = 4_096;

export type KeyName = 'store' | 'bundle';

/** A key pair that this store holds. */
export interface HeldKey {
  readonly name: KeyName;
  /** As assertions name it: unpadded base64url SHA3-384. */
  readonly id: string;
  /** `kept`: it was there already. */
  readonly outcome: 'generated' | 'imported' | 'kept';
}

export interface GenerateOptions {
  /** Replace keys that are there. */
  readonly force: boolean;
  /** Files with private keys to take instead of making them. */
  readonly files: Readonly<Partial<Record<KeyName, string>>>;
}

const SETTINGS: Readonly<Record<KeyName, { private: Setting<KeyObject>; public: Setting<KeyObject> }>> = {
  store: { private: STORE_PRIVATE_KEY, public: STORE_PUBLIC_KEY },
  bundle: { private: BUNDLE_PRIVATE_KEY, public: BUNDLE_PUBLIC_KEY },
};

/** The two key pairs of a store: its identity, and what signs its bundles. */
@Injectable()
export class KeysService {
  constructor(private readonly settings: SettingsService) {}

  /**
   * Makes or imports the keys that are missing; with `force`, all of them anew.
   *
   * @throws StoreError `conflict` where a key would be replaced that is there, `invalid-request` for a
   *   file that holds no RSA private key; nothing has changed then
   */
  async generate({ force, files }: GenerateOptions): Promise<HeldKey[]> {
    const held: HeldKey[] = [];
    const results: (readonly [Setting<unknown>, string])[] = [];
    for (const name of ['store', 'bundle'] as const) {
      const file = files[name];
      const present = await this.settings.find(SETTINGS[name].private);
      if (present && !force && file !== undefined) throw exists(`the ${name} key is there already`);
      // Given one file, --force replaces that key alone: the other one was not asked about.
      const isWanted = force ? file !== undefined || Object.keys(files).length === 0 : true;
      if (present && (!force || !isWanted)) {
        held.push({ name, id: publicKeyId(present), outcome: 'kept' });
        continue;
      }
      const key = file === undefined ? generateRsaKey(GENERATED_KEY_BITS) : await readPrivateKey(file);
      results.push([SETTINGS[name].private, checkedText(key, file)], [SETTINGS[name].public, publicPem(key)]);
      held.push({ name, id: publicKeyId(key), outcome: file === undefined ? 'generated' : 'imported' });
    }
    if (results.length === 0) throw exists('there are keys already');
    await this.settings.record(results);
    return held;
  }
}

function exists(why: string): StoreError {
  return new StoreError(
    'conflict',
    `cannot generate keys: ${why}, and a store that is registered is known by its key (use --force to replace it)`,
  );
}

/** What is stored of a key; of an imported one, refused in words that name the file. */
function checkedText(key: KeyObject, file: string | undefined): string {
  if (file !== undefined && key.asymmetricKeyType !== 'rsa')
    throw new StoreError('invalid-request', `cannot import key ${file}: it is not an RSA key`);
  return privatePem(key);
}
