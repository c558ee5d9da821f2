import { Module } from '@nestjs/common';
import { SettingsModule } from '../settings/settings.module.js';
import { AssertionChainsService } from './assertion-chains.service.js';
import { AssertionOverviewService } from './assertion-overview.service.js';
import { AssertionSearchRepository } from './assertion-search.repository.js';
import { AssertionSearchService } from './assertion-search.service.js';
import { AssertionsRepository } from './assertions.repository.js';
import { AssertionsService } from './assertions.service.js';

@Module({
  imports: [SettingsModule],
  providers: [
    AssertionSearchRepository,
    AssertionsService,
    AssertionsRepository,
    AssertionChainsService,
    AssertionOverviewService,
    AssertionSearchService,
  ],
  exports: [AssertionsService, AssertionChainsService, AssertionOverviewService, AssertionSearchService],
})
export class AssertionsModule {}
