import { Module } from '@nestjs/common';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { BrandStoresModule } from '../brand-stores/brand-stores.module.js';
import { BlobsModule } from '../blobs/blobs.module.js';
import { GroupsModule } from '../groups/groups.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { AssertionNews } from './assertion-news.service.js';
import { CatalogueRepository } from './catalogue.repository.js';
import { CatalogueService } from './catalogue.service.js';
import { CategoriesController } from './categories.controller.js';
import { CategoriesRepository } from './categories.repository.js';
import { CategoriesService } from './categories.service.js';
import { ChannelOfferService } from './channel-offer.service.js';
import { CohortsController } from './cohorts.controller.js';
import { CohortsRepository } from './cohorts.repository.js';
import { CohortsService } from './cohorts.service.js';
import { ComponentsRepository } from './components.repository.js';
import { DefaultTrackService } from './default-track.service.js';
import { DeviceViewService } from './device-view.service.js';
import { DeltaIndex } from './delta-index.service.js';
import { DeltasRepository } from './deltas.repository.js';
import { DownloadsController } from './downloads.controller.js';
import { FindController } from './find.controller.js';
import { HeldRevisions } from './held-revisions.service.js';
import { IconsRepository } from './icons.repository.js';
import { InfoController } from './info.controller.js';
import { ListedMediaRepository } from './listed-media.repository.js';
import { MediaController } from './media.controller.js';
import { MediaService } from './media.service.js';
import { NamesController } from './names.controller.js';
import { NamesService } from './names.service.js';
import { OldPackagesController } from './old-packages.controller.js';
import { OldPackagesService } from './old-packages.service.js';
import { RefreshController } from './refresh.controller.js';
import { RefreshService } from './refresh.service.js';
import { ReleasesRepository } from './releases.repository.js';
import { ReleasesService } from './releases.service.js';
import { RevisionOffers } from './revision-offer.service.js';
import { SearchRepository } from './search.repository.js';
import { SearchService } from './search.service.js';
import { SignedChanges } from './signed-changes.service.js';
import { SnapImportRepository } from './snap-import.repository.js';
import { SnapStoreService } from './snap-store.service.js';
import { ValidationPins } from './validation-pins.service.js';
import { WarmUp } from './warm-up.service.js';

@Module({
  imports: [SettingsModule, AssertionsModule, BrandStoresModule, BlobsModule, GroupsModule],
  controllers: [
    RefreshController,
    InfoController,
    FindController,
    CategoriesController,
    NamesController,
    OldPackagesController,
    DownloadsController,
    MediaController,
    CohortsController,
  ],
  providers: [
    CatalogueRepository,
    SearchRepository,
    CategoriesRepository,
    SnapImportRepository,
    CatalogueService,
    CohortsRepository,
    CohortsService,
    DeviceViewService,
    ChannelOfferService,
    RevisionOffers,
    OldPackagesService,
    DefaultTrackService,
    ValidationPins,
    RefreshService,
    AssertionNews,
    ReleasesRepository,
    ReleasesService,
    SearchService,
    NamesService,
    CategoriesService,
    SnapStoreService,
    DeltasRepository,
    DeltaIndex,
    HeldRevisions,
    IconsRepository,
    ComponentsRepository,
    SignedChanges,
    ListedMediaRepository,
    MediaService,
    WarmUp,
  ],
  exports: [
    ComponentsRepository,
    SignedChanges,
    IconsRepository,
    ListedMediaRepository,
    SnapStoreService,
    CatalogueRepository,
    SnapImportRepository,
    CatalogueService,
    SearchService,
    NamesService,
    CategoriesService,
    DefaultTrackService,
    ReleasesRepository,
    ReleasesService,
    DeltaIndex,
    HeldRevisions,
    WarmUp,
  ],
})
export class SnapsModule {}
