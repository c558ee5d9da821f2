import { Module } from '@nestjs/common';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { BlobsModule } from '../blobs/blobs.module.js';
import { BrandStoresModule } from '../brand-stores/brand-stores.module.js';
import { CatalogueModule } from '../catalogue/catalogue.module.js';
import { DeltasModule } from '../deltas/deltas.module.js';
import { DevicesModule } from '../devices/devices.module.js';
import { GroupsModule } from '../groups/groups.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { AssertionsController } from './assertions/assertions.controller.js';
import { OldAssertionsController } from './assertions/old-assertions.controller.js';
import { VisibleAssertionsService } from './assertions/visible-assertions.service.js';
import { DeviceCatalogueService } from './device-catalogue.service.js';
import { DownloadsController } from './downloads/downloads.controller.js';
import { DownloadsService } from './downloads/downloads.service.js';
import { MediaController } from './downloads/media.controller.js';
import { DeviceOffersService } from './fleet/device-offers.service.js';
import { FleetService } from './fleet/fleet.service.js';
import { OutdatedSnapsService } from './fleet/outdated-snaps.service.js';
import { OldPackagesController } from './old/old-packages.controller.js';
import { OldPackagesService } from './old/old-packages.service.js';
import { AssertionNewsService } from './refresh/assertion-news.service.js';
import { ChannelOfferService } from './refresh/channel-offer.service.js';
import { CohortsController } from './refresh/cohorts.controller.js';
import { CohortsService } from './refresh/cohorts.service.js';
import { RefreshFiguresService } from './refresh/refresh-figures.service.js';
import { RefreshController } from './refresh/refresh.controller.js';
import { RefreshService } from './refresh/refresh.service.js';
import { RevisionOfferService } from './refresh/revision-offer.service.js';
import { ValidationPinsService } from './refresh/validation-pins.service.js';
import { CategoriesController } from './search/categories.controller.js';
import { FindController } from './search/find.controller.js';
import { InfoController } from './search/info.controller.js';
import { NamesController } from './search/names.controller.js';
import { NamesService } from './search/names.service.js';
import { SearchRepository } from './search/search.repository.js';
import { SearchService } from './search/search.service.js';
import { WarmUpService } from './warm-up.service.js';

/** The APIs that devices use to find, install and refresh snaps. */
@Module({
  imports: [
    SettingsModule,
    AssertionsModule,
    BrandStoresModule,
    BlobsModule,
    GroupsModule,
    CatalogueModule,
    DeltasModule,
    DevicesModule,
  ],
  controllers: [
    AssertionsController,
    OldAssertionsController,
    RefreshController,
    CohortsController,
    InfoController,
    FindController,
    CategoriesController,
    NamesController,
    OldPackagesController,
    DownloadsController,
    MediaController,
  ],
  providers: [
    VisibleAssertionsService,
    CohortsService,
    DownloadsService,
    DeviceCatalogueService,
    ChannelOfferService,
    RevisionOfferService,
    ValidationPinsService,
    AssertionNewsService,
    RefreshFiguresService,
    RefreshService,
    DeviceOffersService,
    OutdatedSnapsService,
    FleetService,
    SearchRepository,
    SearchService,
    NamesService,
    OldPackagesService,
    WarmUpService,
  ],
  exports: [
    FleetService,
    DownloadsService,
    RefreshFiguresService,
    SearchService,
    NamesService,
    WarmUpService,
  ],
})
export class DeviceApiModule {}
