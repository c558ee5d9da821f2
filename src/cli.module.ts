import { Module } from '@nestjs/common';
import { AirgapModeModule } from './airgap-mode/airgap-mode.module.js';
import { BrandStoresModule } from './brand-stores/brand-stores.module.js';
import { CatalogueModule } from './catalogue/catalogue.module.js';
import { STORE_COMMANDS } from './commands.js';
import { CompletionCommand } from './completion.command.js';
import { DeltasModule } from './deltas/deltas.module.js';
import { DeviceApiModule } from './device-api/device-api.module.js';
import { DevicesModule } from './devices/devices.module.js';
import { FetchModule } from './fetch/fetch.module.js';
import { GlobalOptionsGate } from './global-options.gate.js';
import { GroupsModule } from './groups/groups.module.js';
import { HttpsModule } from './https/https.module.js';
import { ImportsModule } from './imports/imports.module.js';
import { KeysModule } from './keys/keys.module.js';
import { ManagementModule } from './management/management.module.js';
import { RegistrationModule } from './registration/registration.module.js';
import { ReleasesModule } from './releases/releases.module.js';
import { CommandTable } from './remote/command-table.js';
import { HandedCommandGate } from './remote/handed-command.gate.js';
import { SentCommandGate } from './remote/sent-command.gate.js';
import { SANDBOX_COMMANDS } from './sandbox/sandbox.commands.js';
import { ServeCommand } from './serve.command.js';
import { SettingsModule } from './settings/settings.module.js';
import { StatusModule } from './status/status.module.js';

/** In the order of `--help`. */
export const CLI_COMMANDS = [...STORE_COMMANDS, ServeCommand, ...SANDBOX_COMMANDS, CompletionCommand];

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
  providers: [
    ...CLI_COMMANDS,
    GlobalOptionsGate,
    { provide: CommandTable, useFactory: () => new CommandTable(CLI_COMMANDS) },
    HandedCommandGate,
    SentCommandGate,
  ],
})
export class CliModule {}
