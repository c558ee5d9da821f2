import { Module } from '@nestjs/common';
import { SettingsModule } from '../settings/settings.module.js';
import { BrandStoresRepository } from './brand-stores.repository.js';
import { BrandStoresService } from './brand-stores.service.js';
import { SnapVisibilityService } from './snap-visibility.service.js';

@Module({
  imports: [SettingsModule],
  providers: [BrandStoresRepository, BrandStoresService, SnapVisibilityService],
  exports: [BrandStoresService, SnapVisibilityService],
})
export class BrandStoresModule {}
