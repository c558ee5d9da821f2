import { Module } from '@nestjs/common';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { DeviceGate } from './device-gate.js';
import { DeviceSessionNonceRepository } from './device-session-nonce.repository.js';
import { DevicesRepository } from './devices.repository.js';
import { SerialTrustService } from './serial-trust.service.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsService } from './sessions.service.js';
import { SightingsService } from './sightings.service.js';

@Module({
  imports: [SettingsModule, AssertionsModule],
  controllers: [SessionsController],
  providers: [
    DeviceSessionNonceRepository,
    DevicesRepository,
    SerialTrustService,
    SessionsService,
    SightingsService,
    DeviceGate,
  ],
  exports: [DevicesRepository, SessionsService, SightingsService, DeviceGate],
})
export class DevicesModule {}
