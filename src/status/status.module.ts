import { Module } from '@nestjs/common';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { BlobsModule } from '../blobs/blobs.module.js';
import { CatalogueModule } from '../catalogue/catalogue.module.js';
import { DeltasModule } from '../deltas/deltas.module.js';
import { HttpsModule } from '../https/https.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { ManagementModule } from '../management/management.module.js';
import { OutgoingModule } from '../outgoing/outgoing.module.js';
import { RegistrationModule } from '../registration/registration.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { CheckConnectionsService } from './check-connections.service.js';
import { HealthController } from './health.controller.js';
import { StatusController } from './status.controller.js';
import { StatusService } from './status.service.js';

/** The state of this unit, for people and for load balancers. */
@Module({
  imports: [
    SettingsModule,
    OutgoingModule,
    RegistrationModule,
    HttpsModule,
    AssertionsModule,
    BlobsModule,
    CatalogueModule,
    DeltasModule,
    KeysModule,
    ManagementModule,
  ],
  controllers: [StatusController, HealthController],
  providers: [StatusService, CheckConnectionsService],
  exports: [StatusService, CheckConnectionsService],
})
export class StatusModule {}
