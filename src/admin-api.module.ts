import { Module } from '@nestjs/common';
import { AdminGate } from './management/api/admin.gate.js';
import { AuditAdminController } from './management/api/audit.admin.controller.js';
import { IdempotencyKeysRepository } from './management/api/idempotency-keys.repository.js';
import { IdempotencyKeysService } from './management/api/idempotency-keys.service.js';
import { AdminApi, OpenApiService } from './management/api/open-api.service.js';
import { OpenApiController } from './management/api/openapi.controller.js';
import { OperatorsAdminController } from './management/api/operators.admin.controller.js';
import { SessionAdminController } from './management/api/session.admin.controller.js';
import { SessionsAdminController } from './management/api/sessions.admin.controller.js';
import { SettingsAdminController } from './management/api/settings.admin.controller.js';
import { TokensAdminController } from './management/api/tokens.admin.controller.js';
import { ManagementModule } from './management/management.module.js';
import { SettingsModule } from './settings/settings.module.js';
import { StatusAdminController } from './status/status.admin.controller.js';
import { StatusModule } from './status/status.module.js';

/**
 * The management API: the controllers of all modules, and what stands before them. A module of its own, which the
 * server alone imports: commands start without it, and the OpenAPI document is about its controllers.
 */
@Module({
  imports: [SettingsModule, ManagementModule, StatusModule],
  controllers: [
    SessionAdminController,
    SessionsAdminController,
    OperatorsAdminController,
    TokensAdminController,
    SettingsAdminController,
    StatusAdminController,
    AuditAdminController,
    OpenApiController,
  ],
  providers: [
    AdminGate,
    IdempotencyKeysRepository,
    IdempotencyKeysService,
    OpenApiService,
    { provide: AdminApi, useFactory: () => ({ module: AdminApiModule }) },
  ],
  exports: [AdminGate, OpenApiService],
})
export class AdminApiModule {}
