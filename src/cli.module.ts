import { Module } from '@nestjs/common';
import { AIRGAP_MODE_COMMANDS } from './airgap-mode/airgap-mode.commands.js';
import { AirgapModeModule } from './airgap-mode/airgap-mode.module.js';
import { BRAND_STORES_COMMANDS } from './brand-stores/brand-stores.commands.js';
import { BrandStoresModule } from './brand-stores/brand-stores.module.js';
import { CATALOGUE_COMMANDS } from './catalogue/catalogue.commands.js';
import { CatalogueModule } from './catalogue/catalogue.module.js';
import { CompletionCommand } from './completion.command.js';
import { DELTAS_COMMANDS } from './deltas/deltas.commands.js';
import { DeltasModule } from './deltas/deltas.module.js';
import { DeviceApiModule } from './device-api/device-api.module.js';
import { DEVICES_COMMANDS } from './devices/devices.commands.js';
import { DevicesModule } from './devices/devices.module.js';
import { FETCH_COMMANDS } from './fetch/fetch.commands.js';
import { FetchModule } from './fetch/fetch.module.js';
import { GlobalOptionsGate } from './global-options.gate.js';
import { GROUPS_COMMANDS } from './groups/groups.commands.js';
import { GroupsModule } from './groups/groups.module.js';
import { HTTPS_COMMANDS } from './https/https.commands.js';
import { HttpsModule } from './https/https.module.js';
import { IMPORTS_COMMANDS } from './imports/imports.commands.js';
import { ImportsModule } from './imports/imports.module.js';
import { KEYS_COMMANDS } from './keys/keys.commands.js';
import { KeysModule } from './keys/keys.module.js';
import { MANAGEMENT_COMMANDS } from './management/management.commands.js';
import { ManagementModule } from './management/management.module.js';
import { REGISTRATION_COMMANDS } from './registration/registration.commands.js';
import { RegistrationModule } from './registration/registration.module.js';
import { RELEASES_COMMANDS } from './releases/releases.commands.js';
import { ReleasesModule } from './releases/releases.module.js';
import { SANDBOX_COMMANDS } from './sandbox/sandbox.commands.js';
import { SECRETS_COMMANDS } from './secrets/secrets.commands.js';
import { ServeCommand } from './serve.command.js';
import { SETTINGS_COMMANDS } from './settings/settings.commands.js';
import { SettingsModule } from './settings/settings.module.js';
import { STATUS_COMMANDS } from './status/status.commands.js';
import { StatusModule } from './status/status.module.js';

/** The command line: the server's services, with commands. */
@Module({
  imports: [
    StatusModule,
    AirgapModeModule,
    ImportsModule,
    FetchModule,
    RegistrationModule,
    // For its settings, which `config` shows.
    DeviceApiModule,
    DeltasModule,
    DevicesModule,
    ReleasesModule,
    CatalogueModule,
    GroupsModule,
    KeysModule,
    BrandStoresModule,
    HttpsModule,
    ManagementModule,
    SettingsModule,
  ],
  // In the order of `--help`.
  providers: [
    ...IMPORTS_COMMANDS,
    ...RELEASES_COMMANDS,
    ...CATALOGUE_COMMANDS,
    ...BRAND_STORES_COMMANDS,
    ...GROUPS_COMMANDS,
    ...KEYS_COMMANDS,
    ...DEVICES_COMMANDS,
    ...DELTAS_COMMANDS,
    ...AIRGAP_MODE_COMMANDS,
    ...MANAGEMENT_COMMANDS,
    ...REGISTRATION_COMMANDS,
    ...FETCH_COMMANDS,
    ...SETTINGS_COMMANDS,
    ...SECRETS_COMMANDS,
    ...HTTPS_COMMANDS,
    ...STATUS_COMMANDS,
    ServeCommand,
    ...SANDBOX_COMMANDS,
    CompletionCommand,
    GlobalOptionsGate,
  ],
})
export class CliModule {}
