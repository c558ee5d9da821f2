import { Module } from '@nestjs/common';
import { SettingsModule } from '../settings/settings.module.js';
import { SettingsService } from '../settings/settings.service.js';
import {
  BUNDLE_PRIVATE_KEY,
  BUNDLE_PUBLIC_KEY,
  BUNDLE_REQUIRE_SIGNATURE,
  BUNDLE_TRUSTED_KEYS,
  STORE_PRIVATE_KEY,
  STORE_PUBLIC_KEY,
} from './key-settings.js';
import { KeysService } from './keys.service.js';

/** The keys of this store, kept as settings. */
@Module({ imports: [SettingsModule], providers: [KeysService], exports: [SettingsModule, KeysService] })
export class KeysModule {
  constructor(settings: SettingsService) {
    for (const setting of [
      STORE_PRIVATE_KEY,
      STORE_PUBLIC_KEY,
      BUNDLE_PRIVATE_KEY,
      BUNDLE_PUBLIC_KEY,
      BUNDLE_TRUSTED_KEYS,
      BUNDLE_REQUIRE_SIGNATURE,
    ])
      settings.define(setting);
  }
}
