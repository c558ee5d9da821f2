import { Module } from '@nestjs/common';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { CatalogueModule } from '../catalogue/catalogue.module.js';
import { GroupsModule } from '../groups/groups.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { ManagementModule } from '../management/management.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { DeviceLimitsService } from './device-limits.service.js';
import { DeviceModelsRepository } from './device-models.repository.js';
import { DeviceModelsService } from './device-models.service.js';
import { DevicePagesRepository } from './device-pages.repository.js';
import { DeviceRegistrationController } from './device-registration.controller.js';
import { DeviceRegistrationService } from './device-registration.service.js';
import { DeviceSecretService } from './device-secret.service.js';
import { DeviceSessionNonceRepository } from './device-session-nonce.repository.js';
import { DeviceUsesRepository } from './device-uses.repository.js';
import { DeviceUsesService } from './device-uses.service.js';
import { DeviceGate } from './device.gate.js';
import { DevicesRepository } from './devices.repository.js';
import { DevicesService } from './devices.service.js';
import { ExpiredRowsService } from './expired-rows.service.js';
import { IssuedSerialsRepository } from './issued-serials.repository.js';
import { MessagesController } from './messages.controller.js';
import { RunningSnapsRepository } from './running-snaps.repository.js';
import { SerialIssuerService } from './serial-issuer.service.js';
import { SerialRequestsRepository } from './serial-requests.repository.js';
import { SerialTrustService } from './serial-trust.service.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsService } from './sessions.service.js';
import { SightingsService } from './sightings.service.js';

@Module({
  imports: [SettingsModule, AssertionsModule, CatalogueModule, KeysModule, GroupsModule, ManagementModule],
  controllers: [MessagesController, SessionsController, DeviceRegistrationController],
  providers: [
    DeviceSecretService,
    DeviceUsesRepository,
    DeviceUsesService,
    DeviceLimitsService,
    ExpiredRowsService,
    DeviceSessionNonceRepository,
    DevicesRepository,
    DevicePagesRepository,
    RunningSnapsRepository,
    DevicesService,
    SerialTrustService,
    SessionsService,
    SightingsService,
    DeviceGate,
    DeviceModelsRepository,
    DeviceModelsService,
    SerialRequestsRepository,
    IssuedSerialsRepository,
    SerialIssuerService,
    DeviceRegistrationService,
  ],
  exports: [
    DevicesService,
    DeviceUsesService,
    SessionsService,
    SightingsService,
    DeviceGate,
    DeviceModelsService,
  ],
})
export class DevicesModule {}
