import { Module } from '@nestjs/common';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { StoreAssertionsController } from './store-assertions.controller.js';
import { StoreIdentityService } from './store-identity.service.js';

@Module({
  imports: [SettingsModule, AssertionsModule],
  controllers: [StoreAssertionsController],
  providers: [StoreIdentityService],
  exports: [StoreIdentityService],
})
export class RegistrationModule {}
