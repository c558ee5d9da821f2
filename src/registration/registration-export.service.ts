import { Injectable } from '@nestjs/common';
import { privatePem, publicPem } from '../common/crypto/pem.js';
import { STORE_PRIVATE_KEY, STORE_PUBLIC_KEY } from '../keys/key.settings.js';
import { DOMAIN } from '../settings/server.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import type { Registration } from './format/registration-bundle.js';
import { StoreIdentityService } from './store-identity.service.js';

/** Exports the registration of this store for another machine. */
@Injectable()
export class RegistrationExportService {
  constructor(
    private readonly settings: SettingsService,
    private readonly identity: StoreIdentityService,
  ) {}

  /** @throws StoreError `not-configured` if the store is not registered, or if its keys are missing */
  async get(): Promise<Registration> {
    const { storeId, stream } = await this.identity.get();
    const privateKey = await this.settings.get(STORE_PRIVATE_KEY);
    const publicKey = await this.settings.get(STORE_PUBLIC_KEY);
    return {
      domain: await this.settings.get(DOMAIN),
      privateKey: privatePem(privateKey),
      publicKey: publicPem(publicKey),
      storeId,
      storeAssertion: stream.toString('utf8'),
    };
  }
}
