import { Module } from '@nestjs/common';
import { AssertionsAdminController } from './assertions/assertions.admin.controller.js';
import { AssertionsModule } from './assertions/assertions.module.js';
import { BrandStoresModule } from './brand-stores/brand-stores.module.js';
import { SnapStoreAdminController } from './brand-stores/snap-store.admin.controller.js';
import { StoresAdminController } from './brand-stores/stores.admin.controller.js';
import { CatalogueModule } from './catalogue/catalogue.module.js';
import { CategoriesAdminController } from './catalogue/categories.admin.controller.js';
import { SnapCategoriesAdminController } from './catalogue/snap-categories.admin.controller.js';
import { STORE_COMMANDS } from './commands.js';
import { DeviceApiModule } from './device-api/device-api.module.js';
import { DevicesAdminController } from './device-api/fleet/devices.admin.controller.js';
import { DeviceModelsAdminController } from './devices/device-models.admin.controller.js';
import { DevicesModule } from './devices/devices.module.js';
import { SerialPoliciesAdminController } from './devices/serial-policies.admin.controller.js';
import { GroupsAdminController } from './groups/groups.admin.controller.js';
import { GroupsModule } from './groups/groups.module.js';
import { AssertionChangesAdminController } from './imports/assertions.admin.controller.js';
import { ImportsModule } from './imports/imports.module.js';
import { ImportsAdminController } from './imports/jobs/imports.admin.controller.js';
import { SnapsAdminController } from './imports/snaps.admin.controller.js';
import { UploadsAdminController } from './imports/uploads/uploads.admin.controller.js';
import { KeysAdminController } from './keys/keys.admin.controller.js';
import { KeysModule } from './keys/keys.module.js';
import { AccountAdminController } from './management/api/account.admin.controller.js';
import { AdminGate } from './management/api/admin.gate.js';
import { AuditAdminController } from './management/api/audit.admin.controller.js';
import { IdempotencyKeysRepository } from './management/api/idempotency-keys.repository.js';
import { IdempotencyKeysService } from './management/api/idempotency-keys.service.js';
import { OidcAdminController } from './management/api/oidc.admin.controller.js';
import { AdminApi, OpenApiService } from './management/api/open-api.service.js';
import { OpenApiController } from './management/api/openapi.controller.js';
import { OperatorsAdminController } from './management/api/operators.admin.controller.js';
import { SessionAdminController } from './management/api/session.admin.controller.js';
import { SessionsAdminController } from './management/api/sessions.admin.controller.js';
import { SettingsAdminController } from './management/api/settings.admin.controller.js';
import { TokensAdminController } from './management/api/tokens.admin.controller.js';
import { ManagementModule } from './management/management.module.js';
import { DefaultTrackAdminController } from './releases/default-track.admin.controller.js';
import { OverridesAdminController } from './releases/overrides/overrides.admin.controller.js';
import { ReleasesAdminController } from './releases/releases.admin.controller.js';
import { ReleasesModule } from './releases/releases.module.js';
import { CommandRunsService } from './remote/command-runs.service.js';
import { CommandTable } from './remote/command-table.js';
import { CommandsAdminController } from './remote/commands.admin.controller.js';
import { SettingsModule } from './settings/settings.module.js';
import { StatusAdminController } from './status/status.admin.controller.js';
import { StatusModule } from './status/status.module.js';

/**
 * The management API: the controllers of all modules, and what stands before them. A module of its own, which the
 * server alone imports: commands start without it, and the OpenAPI document is about its controllers.
 */
@Module({
  imports: [
    SettingsModule,
    ManagementModule,
    StatusModule,
    CatalogueModule,
    BrandStoresModule,
    ReleasesModule,
    ImportsModule,
    GroupsModule,
    KeysModule,
    DevicesModule,
    DeviceApiModule,
    AssertionsModule,
  ],
  controllers: [
    SessionAdminController,
    OidcAdminController,
    SessionsAdminController,
    AccountAdminController,
    OperatorsAdminController,
    TokensAdminController,
    SettingsAdminController,
    DevicesAdminController,
    GroupsAdminController,
    KeysAdminController,
    DeviceModelsAdminController,
    SerialPoliciesAdminController,
    AssertionsAdminController,
    AssertionChangesAdminController,
    StatusAdminController,
    AuditAdminController,
    SnapsAdminController,
    ReleasesAdminController,
    DefaultTrackAdminController,
    OverridesAdminController,
    CategoriesAdminController,
    SnapCategoriesAdminController,
    StoresAdminController,
    SnapStoreAdminController,
    UploadsAdminController,
    ImportsAdminController,
    CommandsAdminController,
    OpenApiController,
  ],
  providers: [
    AdminGate,
    IdempotencyKeysRepository,
    IdempotencyKeysService,
    OpenApiService,
    { provide: CommandTable, useFactory: () => new CommandTable(STORE_COMMANDS) },
    CommandRunsService,
    { provide: AdminApi, useFactory: () => ({ module: AdminApiModule }) },
  ],
  exports: [AdminGate, OpenApiService],
})
export class AdminApiModule {}
