import { Module } from '@nestjs/common';
import { SettingsModule } from '../settings/settings.module.js';
import { AssertionChainsService } from './assertion-chains.service.js';
import { AssertionOverviewService } from './assertion-overview.service.js';
import { AssertionsRepository } from './assertions.repository.js';
import { AssertionsService } from './assertions.service.js';

@Module({
  imports: [SettingsModule],
  providers: [AssertionsService, AssertionsRepository, AssertionChainsService, AssertionOverviewService],
  exports: [AssertionsService, AssertionChainsService, AssertionOverviewService],
})
export class AssertionsModule {}
