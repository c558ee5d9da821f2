import { Module } from '@nestjs/common';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { ManagementModule } from '../management/management.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { SettingsService } from '../settings/settings.service.js';
import { HSM_MODULE, HSM_TOKEN_LABEL, HSM_TOKEN_PIN } from './hsm.settings.js';
import {
  BUNDLE_PRIVATE_KEY,
  BUNDLE_PUBLIC_KEY,
  BUNDLE_REQUIRE_SIGNATURE,
  BUNDLE_TRUSTED_KEYS,
  STORE_PRIVATE_KEY,
  STORE_PUBLIC_KEY,
} from './key.settings.js';
import { KeysService } from './keys.service.js';
import { Pkcs11TokenService } from './pkcs11-token.service.js';
import { SigningKeysRepository } from './signing-keys.repository.js';
import { SigningKeysService } from './signing-keys.service.js';

/** The keys of this store, which are settings, and the keys that brands sign with. */
@Module({
  imports: [SettingsModule, AssertionsModule, ManagementModule],
  providers: [KeysService, Pkcs11TokenService, SigningKeysRepository, SigningKeysService],
  exports: [SettingsModule, KeysService, SigningKeysService],
})
export class KeysModule {
  constructor(settings: SettingsService) {
    for (const setting of [
      STORE_PRIVATE_KEY,
      STORE_PUBLIC_KEY,
      BUNDLE_PRIVATE_KEY,
      BUNDLE_PUBLIC_KEY,
      BUNDLE_TRUSTED_KEYS,
      BUNDLE_REQUIRE_SIGNATURE,
      HSM_MODULE,
      HSM_TOKEN_LABEL,
      HSM_TOKEN_PIN,
    ])
      settings.define(setting);
  }
}
