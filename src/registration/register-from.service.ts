import { basename } from 'node:path';
import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import type { RegistrationKeys } from './format/registration-keys.js';
import { isSealedKey } from './format/sealed-key.js';
import { readRegistrationFile, type RegistrationFile } from './registration-file.js';
import { RegistrationKeeperService } from './registration-keeper.service.js';
import { findRegisteredStore } from './registration-result.js';

/** What happened to the keys in a file. `sealed`: they are encrypted with the install password. */
export type KeptKeys = 'kept' | 'sealed' | 'left-out' | 'none';

/** A registration that was imported from a file. */
export interface TakenRegistration {
  readonly storeId: string;
  readonly url: string;
  readonly keys: KeptKeys;
  /** Why the keys were left out. */
  readonly why: string | undefined;
}

/** Imports a registration from another machine, made by this program or by Canonical's own tools. */
@Injectable()
export class RegisterFromService {
  constructor(private readonly keeper: RegistrationKeeperService) {}

  /**
   * @param options - `replaceKeys`: replace the existing keys of this store
   * @throws StoreError naming the file and its fault; nothing changes then
   */
  async registerFrom(path: string, options: { replaceKeys: boolean }): Promise<TakenRegistration> {
    try {
      return await this.take(await readRegistrationFile(path), options);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      throw new StoreError(error.code, `cannot register from ${basename(path)}: ${error.message}`, {
        cause: error,
      });
    }
  }

  private async take(
    file: RegistrationFile,
    { replaceKeys }: { replaceKeys: boolean },
  ): Promise<TakenRegistration> {
    const store = findRegisteredStore(file.assertions, file.storeId);
    const before = await this.keeper.findRegistration();
    if (before && before.storeId !== store.storeId)
      throw new StoreError(
        'conflict',
        `it is for store ${store.storeId}, but this store is registered as ${before.storeId}; use another data directory (--data DIR)`,
      );
    const keys = file.keys?.keys;
    // An encrypted key cannot replace a decrypted one: it would be unclear which of the two applies.
    const mayReplace = replaceKeys && keys && !isSealedKey(keys.privateKey);
    if (keys && !mayReplace && (await this.keeper.holdsOtherKeys(keys)))
      throw new StoreError(
        'conflict',
        `its key pair differs from proxy.key.private and proxy.key.public of this store; ${
          isSealedKey(keys.privateKey)
            ? 'use another data directory (--data DIR)'
            : 'keep a copy of those, then give --replace-keys'
        }`,
      );
    await this.keeper.keep(store, file.assertions, await this.withoutOpenKey(keys));
    return { storeId: store.storeId, url: store.url, keys: keptKeys(file), why: file.keys?.leftOut };
  }

  /** If the key is already decrypted here, it stays decrypted. */
  private async withoutOpenKey(keys: RegistrationKeys | undefined): Promise<RegistrationKeys | undefined> {
    if (!keys || !isSealedKey(keys.privateKey)) return keys;
    const isOpen = (await this.keeper.holdsPrivateKey()) && !(await this.keeper.holdsOtherKeys(keys));
    return isOpen ? undefined : keys;
  }
}

function keptKeys({ keys }: RegistrationFile): KeptKeys {
  if (!keys) return 'none';
  if (!keys.keys) return 'left-out';
  return isSealedKey(keys.keys.privateKey) ? 'sealed' : 'kept';
}
