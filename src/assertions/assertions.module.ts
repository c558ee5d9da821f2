import { Module } from '@nestjs/common';
import { BrandStoresModule } from '../brand-stores/brand-stores.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { AssertionsController } from './assertions.controller.js';
import { AssertionsRepository } from './assertions.repository.js';
import { AssertionsService } from './assertions.service.js';
import { VisibleAssertionsService } from './visible-assertions.service.js';

@Module({
  imports: [SettingsModule, BrandStoresModule],
  controllers: [AssertionsController],
  providers: [AssertionsService, AssertionsRepository, VisibleAssertionsService],
  exports: [AssertionsService, VisibleAssertionsService],
})
export class AssertionsModule {}
