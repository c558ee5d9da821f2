import { Module, ValidationPipe } from '@nestjs/common';
import { APP_FILTER, APP_PIPE, DiscoveryModule } from '@nestjs/core';
import * as transformerPackage from 'class-transformer';
import * as validatorPackage from 'class-validator';
import { AssertionsModule } from './assertions/assertions.module.js';
import { StoreError } from './common/errors.js';
import { StoreErrorFilter } from './common/http/store-error.filter.js';
import { DeltasModule } from './deltas/deltas.module.js';
import { DeviceApiModule } from './device-api/device-api.module.js';
import { DevicesModule } from './devices/devices.module.js';
import { HttpsModule } from './https/https.module.js';
import { RegistrationModule } from './registration/registration.module.js';
import { ReleasesModule } from './releases/releases.module.js';
import { SettingsModule } from './settings/settings.module.js';
import { SurroundingsGate } from './settings/surroundings.gate.js';
import { StatusModule } from './status/status.module.js';

/** The HTTP server. Pipe and filter are providers, so that tests use the same ones as production. */
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
  ],
  providers: [
    SurroundingsGate,
    { provide: APP_FILTER, useClass: StoreErrorFilter },
    {
      provide: APP_PIPE,
      // Unknown parameters are accepted, because newer snapds send more.
      useFactory: () =>
        new ValidationPipe({
          whitelist: true,
          // Passed in, because Nest would look for them at run time, but the program is one file.
          transformerPackage,
          validatorPackage,
          exceptionFactory: (errors) =>
            new StoreError(
              'invalid-request',
              `cannot read request: ${errors.flatMap(({ property, value, constraints }) => (Array.isArray(value) ? [`${property} occurs more than once`] : Object.values(constraints ?? {}))).join(', ')}`,
            ),
        }),
    },
  ],
})
export class AppModule {}
