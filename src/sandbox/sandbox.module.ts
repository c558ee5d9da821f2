import { Module, type DynamicModule } from '@nestjs/common';
import { ImportsModule } from '../imports/imports.module.js';
import { AppModule } from '../app.module.js';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { BrandStoresModule } from '../brand-stores/brand-stores.module.js';
import { BlobsModule } from '../blobs/blobs.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { CatalogueModule } from '../catalogue/catalogue.module.js';
import { ContentController } from './content.controller.js';
import { ControlController } from './control.controller.js';
import { Authorization } from './dashboard/authorization.js';
import { DashboardController } from './dashboard/dashboard.controller.js';
import { DashboardService } from './dashboard/dashboard.service.js';
import { FaultHooks } from './faults/fault-hooks.js';
import { FaultsService } from './faults/faults.service.js';
import { RedirectOption } from './faults/redirects.js';
import { LoginController } from './login/login.controller.js';
import { LoginService } from './login/login.service.js';
import { SandboxClock } from './sandbox-clock.js';
import { SandboxState } from './sandbox-state.js';

/** The whole store as devices know it, and around it what only an upstream store has. */
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
      ],
      controllers: [LoginController, DashboardController, ControlController, ContentController],
      providers: [
        { provide: SandboxState, useValue: state },
        { provide: RedirectOption, useValue: option },
        SandboxClock,
        FaultsService,
        FaultHooks,
        LoginService,
        Authorization,
        DashboardService,
      ],
    };
  }
}
