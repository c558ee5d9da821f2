import { Module, type DynamicModule } from '@nestjs/common';
import { AppModule } from '../app.module.js';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { BlobsModule } from '../blobs/blobs.module.js';
import { BrandStoresModule } from '../brand-stores/brand-stores.module.js';
import { CatalogueModule } from '../catalogue/catalogue.module.js';
import { DeviceApiModule } from '../device-api/device-api.module.js';
import { ImportsModule } from '../imports/imports.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { ContentController } from './content.controller.js';
import { ControlController } from './control.controller.js';
import { AuthorizationService } from './dashboard/authorization.service.js';
import { DashboardController } from './dashboard/dashboard.controller.js';
import { DashboardService } from './dashboard/dashboard.service.js';
import { FaultsGate } from './faults/faults.gate.js';
import { FaultsService } from './faults/faults.service.js';
import { RedirectOption } from './faults/redirects.js';
import { LoginController } from './login/login.controller.js';
import { LoginService } from './login/login.service.js';
import { SandboxClockService } from './sandbox-clock.service.js';
import { SandboxState } from './sandbox-state.js';

/** The whole store as devices know it, and also the parts that only an upstream store has. */
@Module({})
export class SandboxModule {
  static with(state: SandboxState, option: RedirectOption): DynamicModule {
    return {
      module: SandboxModule,
      imports: [
        AppModule,
        ImportsModule,
        AssertionsModule,
        BlobsModule,
        BrandStoresModule,
        SettingsModule,
        CatalogueModule,
        DeviceApiModule,
      ],
      controllers: [LoginController, DashboardController, ControlController, ContentController],
      providers: [
        { provide: SandboxState, useValue: state },
        { provide: RedirectOption, useValue: option },
        SandboxClockService,
        FaultsService,
        FaultsGate,
        LoginService,
        AuthorizationService,
        DashboardService,
      ],
    };
  }
}
