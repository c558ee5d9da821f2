import { Module } from '@nestjs/common';
import { AckCommand, PushAccountKeysCommand } from './airgap-mode/ack.command.js';
import { AirgapModeModule } from './airgap-mode/airgap-mode.module.js';
import { EnableAirgapModeCommand } from './airgap-mode/enable-airgap-mode.command.js';
import { InfoCommand } from './airgap-mode/info.command.js';
import { ListPushedSnapsCommand } from './airgap-mode/list-pushed-snaps.command.js';
import { PushSnapCommand } from './airgap-mode/push-snap.command.js';
import { PushStoreCommand } from './airgap-mode/push-store.command.js';
import { RemoveAssertionCommand } from './airgap-mode/remove-assertion.command.js';
import { AddStoreCommand, RemoveStoreCommand } from './brand-stores/add-store.command.js';
import { BrandStoresModule } from './brand-stores/brand-stores.module.js';
import { ListStoresCommand } from './brand-stores/list-stores.command.js';
import { CloseCommand } from './snaps/close.command.js';
import { HistoryCommand } from './snaps/history.command.js';
import { ReleaseCommand } from './snaps/release.command.js';
import { RollbackCommand } from './snaps/rollback.command.js';
import { SnapsModule } from './snaps/snaps.module.js';
import { CompletionCommand } from './completion.command.js';
import { CreateModelCommand } from './devices/create-model.command.js';
import { CreateSerialPolicyCommand } from './devices/create-serial-policy.command.js';
import { CreateCommand, ListCommand } from './devices/create.command.js';
import { DeltasModule } from './deltas/deltas.module.js';
import { ListDeltasCommand } from './deltas/list-deltas.command.js';
import { DevicesModule } from './devices/devices.module.js';
import { ListModelsCommand } from './devices/list-models.command.js';
import { ListSerialPoliciesCommand } from './devices/list-serial-policies.command.js';
import { CreateKeyCommand } from './keys/create-key.command.js';
import { ListKeysCommand } from './keys/list-keys.command.js';
import { ListDevicesCommand } from './devices/list-devices.command.js';
import { HttpsModule } from './https/https.module.js';
import { ImportCertificateCommand } from './https/import-certificate.command.js';
import { GlobalOptions } from './global-options.js';
import { DemoCommand } from './sandbox/demo.command.js';
import { CheckPackageCommand } from './registration/package/check-package.command.js';
import { CheckConnectionsCommand } from './registration/check-connections.command.js';
import { SandboxCommand } from './sandbox/sandbox.command.js';
import { DeleteOverrideCommand } from './overrides/delete-override.command.js';
import { ListOverridesCommand } from './overrides/list-overrides.command.js';
import { OverrideCommand } from './overrides/override.command.js';
import { OverridesModule } from './overrides/overrides.module.js';
import { RegisterCommand } from './registration/register.command.js';
import { RegistrationModule } from './registration/registration.module.js';
import { ReregisterCommand } from './registration/reregister.command.js';
import { GenerateKeysCommand } from './keys/generate-keys.command.js';
import { AddToGroupCommand, RemoveFromGroupCommand } from './groups/group-members.command.js';
import { CreateGroupCommand, DeleteGroupCommand } from './groups/create-group.command.js';
import { GroupsModule } from './groups/groups.module.js';
import { ListGroupsCommand } from './groups/list-groups.command.js';
import { KeysModule } from './keys/keys.module.js';
import {
  ExportSecretsKeyCommand,
  GenerateSecretsKeyCommand,
  ImportSecretsKeyCommand,
  RotateSecretsKeyCommand,
  SealSecretsKeyCommand,
  SecretsKeyCommand,
  UnsealSecretsKeyCommand,
} from './secrets/secrets-key.command.js';
import { ServeCommand } from './serve.command.js';
import { RemoveCaCertsCommand, UseCaCertsCommand } from './settings/ca-certs.command.js';
import { ConfigCommand } from './settings/config.command.js';
import { SettingsModule } from './settings/settings.module.js';
import { ListCategoriesCommand } from './snaps/list-categories.command.js';
import { SetCategoriesCommand } from './snaps/set-categories.command.js';
import { SetStoreCommand } from './snaps/set-store.command.js';
import { SetDefaultTrackCommand } from './snaps/set-default-track.command.js';
import { StatusCommand } from './status/status.command.js';
import { StatusModule } from './status/status.module.js';
import { ExportCommand, ExportSnapsCommand, FetchSnapsCommand } from './upstream/fetch-snaps.command.js';
import { UpstreamModule } from './upstream/upstream.module.js';

/** The command line: the same services as the server's, behind commands. */
@Module({
  imports: [
    SettingsModule,
    HttpsModule,
    KeysModule,
    StatusModule,
    DevicesModule,
    DeltasModule,
    RegistrationModule,
    AirgapModeModule,
    BrandStoresModule,
    SnapsModule,
    UpstreamModule,
    OverridesModule,
    GroupsModule,
  ],
  providers: [
    AckCommand,
    PushAccountKeysCommand,
    RemoveAssertionCommand,
    EnableAirgapModeCommand,
    PushSnapCommand,
    PushStoreCommand,
    AddStoreCommand,
    RemoveStoreCommand,
    ListStoresCommand,
    SetStoreCommand,
    ListPushedSnapsCommand,
    InfoCommand,
    ListDevicesCommand,
    CreateCommand,
    CreateKeyCommand,
    CreateModelCommand,
    CreateSerialPolicyCommand,
    ListCommand,
    ListKeysCommand,
    ListModelsCommand,
    ListSerialPoliciesCommand,
    ListDeltasCommand,
    SetCategoriesCommand,
    ListCategoriesCommand,
    ReleaseCommand,
    CloseCommand,
    HistoryCommand,
    RollbackCommand,
    SetDefaultTrackCommand,
    CreateGroupCommand,
    DeleteGroupCommand,
    AddToGroupCommand,
    RemoveFromGroupCommand,
    ListGroupsCommand,
    OverrideCommand,
    ListOverridesCommand,
    DeleteOverrideCommand,
    RegisterCommand,
    CheckConnectionsCommand,
    CheckPackageCommand,
    ReregisterCommand,
    FetchSnapsCommand,
    ExportCommand,
    ExportSnapsCommand,
    ConfigCommand,
    ExportSecretsKeyCommand,
    GenerateSecretsKeyCommand,
    ImportSecretsKeyCommand,
    RotateSecretsKeyCommand,
    SealSecretsKeyCommand,
    SecretsKeyCommand,
    UnsealSecretsKeyCommand,
    ImportCertificateCommand,
    UseCaCertsCommand,
    RemoveCaCertsCommand,
    GenerateKeysCommand,
    StatusCommand,
    ServeCommand,
    DemoCommand,
    SandboxCommand,
    CompletionCommand,
    GlobalOptions,
  ],
})
export class CliModule {}
