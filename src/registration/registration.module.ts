import { Module } from '@nestjs/common';
import { AssertionsModule } from '../assertions/assertions.module.js';
import { KeysModule } from '../keys/keys.module.js';
import { OutgoingModule } from '../outgoing/outgoing.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { SettingsService } from '../settings/settings.service.js';
import { JsonPostService } from './json-post.service.js';
import { InstallPackageService } from './package/install-package.service.js';
import { InstalledPackageService } from './package/installed-package.service.js';
import { PackageCheckService } from './package/package-check.service.js';
import { RegisterFromService } from './register-from.service.js';
import { RegistrationExportService } from './registration-export.service.js';
import { RegistrationKeeperService } from './registration-keeper.service.js';
import { RegistrationService } from './registration.service.js';
import { DASHBOARD_LOCATION, SSO_LOCATION } from './registration.settings.js';
import { SEALED_PRIVATE_KEY } from './sealed-key.settings.js';
import { StoreAssertionsController } from './store-assertions.controller.js';
import { StoreIdentityService } from './store-identity.service.js';

@Module({
  imports: [SettingsModule, KeysModule, AssertionsModule, OutgoingModule],
  controllers: [StoreAssertionsController],
  providers: [
    StoreIdentityService,
    RegistrationKeeperService,
    RegisterFromService,
    RegistrationService,
    RegistrationExportService,
    JsonPostService,
    InstallPackageService,
    InstalledPackageService,
    PackageCheckService,
  ],
  exports: [
    StoreIdentityService,
    RegisterFromService,
    RegistrationService,
    RegistrationExportService,
    InstallPackageService,
    InstalledPackageService,
    PackageCheckService,
  ],
})
export class RegistrationModule {
  constructor(settings: SettingsService) {
    for (const setting of [DASHBOARD_LOCATION, SSO_LOCATION, SEALED_PRIVATE_KEY]) settings.define(setting);
  }
}
