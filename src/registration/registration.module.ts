import { Module } from '@nestjs/common';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { SettingsService } from '../settings/settings.service.js';
import { SEALED_PRIVATE_KEY } from './sealed-key.setting.js';
import { StoreAssertionsController } from './store-assertions.controller.js';
import { StoreIdentityService } from './store-identity.service.js';

@Module({
  imports: [SettingsModule, AssertionsModule],
  controllers: [StoreAssertionsController],
  providers: [StoreIdentityService],
  exports: [StoreIdentityService],
})
export class RegistrationModule {
  constructor(settings: SettingsService) {
    settings.define(SEALED_PRIVATE_KEY);
  }
}
