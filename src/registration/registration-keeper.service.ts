import { createPublicKey } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { StoreError } from '../common/errors.js';
import { storeAddress } from '../common/http/store-url.js';
import { STORE_PRIVATE_KEY, STORE_PUBLIC_KEY } from '../keys/key.settings.js';
import { STORE_URL } from '../settings/identity.settings.js';
import { DOMAIN } from '../settings/server.settings.js';
import type { Setting } from '../settings/setting.js';
import { SettingsService } from '../settings/settings.service.js';
import type { RegistrationKeys } from './format/registration-keys.js';
import { isSealedKey } from './format/sealed-key.js';
import type { RegisteredStore } from './registration-result.js';
import { SEALED_PRIVATE_KEY } from './sealed-key.settings.js';
import { StoreIdentityService } from './store-identity.service.js';

type Results = readonly (readonly [Setting<unknown>, string])[];

/** The current registration of this store. */
export interface RegisteredAs {
  readonly storeId: string;
  readonly url: string | undefined;
}

/** Stores a registration: its assertions and settings together, and only if they are verified. */
@Injectable()
export class RegistrationKeeperService {
  constructor(
    private readonly settings: SettingsService,
    private readonly assertions: AssertionsService,
    private readonly identity: StoreIdentityService,
  ) {}

  async findRegistration(): Promise<RegisteredAs | undefined> {
    const storeId = await this.settings.find(this.identity.storeIdSetting);
    if (storeId === undefined) return undefined;
    return { storeId, url: await this.settings.find(STORE_URL) };
  }

  /**
   * Verifies a registration up to a trusted root and stores it.
   *
   * @param keys - the keys of the registration; if undefined, the store's own keys are unchanged
   * @throws StoreError `invalid-assertion` or `conflict` if it cannot be verified, or if the store has a newer one
   */
  async keep(
    { storeId, url, assertion }: RegisteredStore,
    assertions: readonly Assertion[],
    keys?: RegistrationKeys,
  ): Promise<void> {
    const stored = await this.assertions.find('store', [storeId]);
    if (stored && stored.assertionRevision > assertion.assertionRevision)
      throw new StoreError(
        'conflict',
        `its store assertion has revision ${assertion.assertionRevision}, but this store already has revision ${stored.assertionRevision}`,
      );
    const { domain } = storeAddress(url);
    const results: Results = [
      [this.identity.storeIdSetting, storeId],
      [STORE_URL, url],
      [DOMAIN, domain],
      ...(keys ? keyResults(keys) : []),
    ];
    await this.assertions.addAll(assertions, (tx) => this.settings.recordWithin(tx, results));
  }

  /** Whether the store has other keys, which storing these would destroy. */
  async holdsOtherKeys({ publicKey }: RegistrationKeys): Promise<boolean> {
    const privateKey = await this.settings.find(STORE_PRIVATE_KEY);
    const own = privateKey ? createPublicKey(privateKey) : await this.settings.find(STORE_PUBLIC_KEY);
    return own !== undefined && !own.equals(createPublicKey(publicKey));
  }

  /** Whether the private key of the store can be used now. */
  async holdsPrivateKey(): Promise<boolean> {
    return await this.settings.isSet(STORE_PRIVATE_KEY);
  }
}

function keyResults({ privateKey, publicKey }: RegistrationKeys): Results {
  const sealed = isSealedKey(privateKey);
  return [
    [STORE_PUBLIC_KEY, publicKey],
    [SEALED_PRIVATE_KEY, sealed ? privateKey : ''],
    ...(sealed ? [] : ([[STORE_PRIVATE_KEY, privateKey]] as const)),
  ];
}
