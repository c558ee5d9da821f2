import { Module } from '@nestjs/common';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { BlobsModule } from '../blobs/blobs.module.js';
import { ManagementModule } from '../management/management.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { AssertionUsesRepository } from './assertion-uses.repository.js';
import { CatalogueRepository } from './catalogue.repository.js';
import { CatalogueService } from './catalogue.service.js';
import { CategoriesRepository } from './categories.repository.js';
import { CategoriesService } from './categories.service.js';
import { ChannelsService } from './channels.service.js';
import { ComponentsRepository } from './components.repository.js';
import { ComponentsService } from './components.service.js';
import { HoldingsRepository } from './holdings.repository.js';
import { HoldingsService } from './holdings.service.js';
import { IconsRepository } from './icons.repository.js';
import { ImportsRepository } from './imports.repository.js';
import { ListedMediaRepository } from './listed-media.repository.js';
import { MediaService } from './media.service.js';
import { OverridesRepository } from './overrides.repository.js';
import { ReleasesRepository } from './releases.repository.js';
import { SignedChangesService } from './signed-changes.service.js';
import { SnapContentsRepository } from './snap-contents.repository.js';
import { SnapContentsService } from './snap-contents.service.js';
import { SnapOwnersRepository } from './snap-owners.repository.js';
import { SnapOwnersService } from './snap-owners.service.js';
import { SnapsRepository } from './snaps.repository.js';
import { SnapsService } from './snaps.service.js';

const SERVICES = [
  CatalogueService,
  CategoriesService,
  ChannelsService,
  ComponentsService,
  HoldingsService,
  MediaService,
  SignedChangesService,
  SnapContentsService,
  SnapOwnersService,
  SnapsService,
];

/** The snaps of this store: the tables, and the copies in memory. */
@Module({
  imports: [SettingsModule, AssertionsModule, BlobsModule, ManagementModule],
  providers: [
    AssertionUsesRepository,
    CatalogueRepository,
    CategoriesRepository,
    ComponentsRepository,
    HoldingsRepository,
    IconsRepository,
    ImportsRepository,
    ListedMediaRepository,
    OverridesRepository,
    ReleasesRepository,
    SnapContentsRepository,
    SnapOwnersRepository,
    SnapsRepository,
    ...SERVICES,
  ],
  exports: SERVICES,
})
export class CatalogueModule {}
