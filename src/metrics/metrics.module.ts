import { Module } from '@nestjs/common';
import { AdminApiModule } from '../admin-api.module.js';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { BlobsModule } from '../blobs/blobs.module.js';
import { CatalogueModule } from '../catalogue/catalogue.module.js';
import { DeltasModule } from '../deltas/deltas.module.js';
import { DeviceApiModule } from '../device-api/device-api.module.js';
import { DevicesModule } from '../devices/devices.module.js';
import { HttpsModule } from '../https/https.module.js';
import { ImportsModule } from '../imports/imports.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsGate } from './metrics.gate.js';
import { MetricsService } from './metrics.service.js';
import { StoreFiguresService } from './store-figures.service.js';

/** What can be watched of a unit. It asks the other modules for their figures; none of them knows it. */
@Module({
  imports: [
    SettingsModule,
    AdminApiModule,
    HttpsModule,
    AssertionsModule,
    BlobsModule,
    CatalogueModule,
    DeltasModule,
    DevicesModule,
    DeviceApiModule,
    ImportsModule,
  ],
  controllers: [MetricsController],
  providers: [MetricsGate, MetricsService, StoreFiguresService],
  exports: [MetricsGate, MetricsService],
})
export class MetricsModule {}
