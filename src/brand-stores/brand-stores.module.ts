import { Module } from '@nestjs/common';
import { CatalogueModule } from '../catalogue/catalogue.module.js';
import { ManagementModule } from '../management/management.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { BrandStoresRepository } from './brand-stores.repository.js';
import { BrandStoresService } from './brand-stores.service.js';
import { SnapStoreService } from './snap-store.service.js';
import { SnapVisibilityService } from './snap-visibility.service.js';

@Module({
  imports: [SettingsModule, CatalogueModule, ManagementModule],
  providers: [BrandStoresRepository, BrandStoresService, SnapStoreService, SnapVisibilityService],
  exports: [BrandStoresService, SnapStoreService, SnapVisibilityService],
})
export class BrandStoresModule {}
