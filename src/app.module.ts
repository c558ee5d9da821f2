import { Module } from '@nestjs/common';
import { APP_FILTER, DiscoveryModule } from '@nestjs/core';
import { AdminApiModule } from './admin-api.module.js';
import { AssertionsModule } from './assertions/assertions.module.js';
import { StoreErrorFilter } from './common/http/store-error.filter.js';
import { DeltasModule } from './deltas/deltas.module.js';
import { DeviceApiModule } from './device-api/device-api.module.js';
import { DevicesModule } from './devices/devices.module.js';
import { HttpsModule } from './https/https.module.js';
import { LogsModule } from './logs/logs.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { RegistrationModule } from './registration/registration.module.js';
import { ReleasesModule } from './releases/releases.module.js';
import { SettingsModule } from './settings/settings.module.js';
import { SurroundingsGate } from './settings/surroundings.gate.js';
import { StatusModule } from './status/status.module.js';

/** The HTTP server. The filter is a provider, so that tests use the same one as production. */
@Module({
  imports: [
    DiscoveryModule,
    SettingsModule,
    HttpsModule,
    StatusModule,
    AssertionsModule,
    DeviceApiModule,
    DevicesModule,
    DeltasModule,
    ReleasesModule,
    RegistrationModule,
    AdminApiModule,
    LogsModule,
    MetricsModule,
  ],
  providers: [SurroundingsGate, { provide: APP_FILTER, useClass: StoreErrorFilter }],
})
export class AppModule {}
