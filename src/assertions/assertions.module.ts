import { Module } from '@nestjs/common';
import { BrandStoresModule } from '../brand-stores/brand-stores.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { AssertionChainsService } from './assertion-chains.service.js';
import { AssertionsController } from './assertions.controller.js';
import { AssertionsRepository } from './assertions.repository.js';
import { AssertionsService } from './assertions.service.js';
import { OldAssertionsController } from './old-assertions.controller.js';
import { VisibleAssertionsService } from './visible-assertions.service.js';

@Module({
  imports: [SettingsModule, BrandStoresModule],
  controllers: [AssertionsController, OldAssertionsController],
  providers: [AssertionsService, AssertionsRepository, VisibleAssertionsService, AssertionChainsService],
  exports: [AssertionsService, VisibleAssertionsService, AssertionChainsService],
})
export class AssertionsModule {}
