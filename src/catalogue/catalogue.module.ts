import { Module } from '@nestjs/common';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { BlobsModule } from '../blobs/blobs.module.js';
import { BrandStoresModule } from '../brand-stores/brand-stores.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { CatalogueRepository } from './catalogue.repository.js';
import { CatalogueService } from './catalogue.service.js';
import { CategoriesRepository } from './categories.repository.js';
import { CategoriesService } from './categories.service.js';
import { ComponentsRepository } from './components.repository.js';
import { IconsRepository } from './icons.repository.js';
import { ListedMediaRepository } from './listed-media.repository.js';
import { MediaService } from './media.service.js';
import { SignedChangesService } from './signed-changes.service.js';
import { SnapImportRepository } from './snap-import.repository.js';
import { SnapStoreService } from './snap-store.service.js';

/** The snaps of this store: the tables, and what is kept of them in memory. */
@Module({
  imports: [SettingsModule, AssertionsModule, BrandStoresModule, BlobsModule],
  providers: [
    CatalogueRepository,
    SnapImportRepository,
    CategoriesRepository,
    ComponentsRepository,
    IconsRepository,
    ListedMediaRepository,
    CatalogueService,
    CategoriesService,
    MediaService,
    SignedChangesService,
    SnapStoreService,
  ],
  exports: [
    CatalogueRepository,
    SnapImportRepository,
    ComponentsRepository,
    IconsRepository,
    ListedMediaRepository,
    CatalogueService,
    CategoriesService,
    MediaService,
    SignedChangesService,
    SnapStoreService,
  ],
})
export class CatalogueModule {}
