import { Injectable } from '@nestjs/common';
import { STORE_PRIVATE_KEY, STORE_PUBLIC_KEY } from '../keys/key.settings.js';
import { DOMAIN } from '../settings/server.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import type { Registration } from './format/registration-bundle.js';
import { StoreIdentityService } from './store-identity.service.js';

/** The registration of this store, as another machine takes it. */
@Injectable()
export class RegistrationExportService {
  constructor(
    private readonly settings: SettingsService,
    private readonly identity: StoreIdentityService,
  ) {}

  /** @throws StoreError `not-configured` where the store is not registered, or its keys are missing */
  async get(): Promise<Registration> {
    const { storeId, stream } = await this.identity.get();
    const privateKey = await this.settings.get(STORE_PRIVATE_KEY);
    const publicKey = await this.settings.get(STORE_PUBLIC_KEY);
    return {
      domain: await this.settings.get(DOMAIN),
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
      storeId,
      storeAssertion: stream.toString('utf8'),
    };
  }
}
