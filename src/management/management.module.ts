import { Module } from '@nestjs/common';
import { OutgoingModule } from '../outgoing/outgoing.module.js';
import { SettingsModule } from '../settings/settings.module.js';
import { SettingsService } from '../settings/settings.service.js';
import { AccountService } from './account.service.js';
import { ActorContextService } from './audit/actor-context.service.js';
import { AuditTrimService } from './audit/audit-trim.service.js';
import { AuditRepository } from './audit/audit.repository.js';
import { AuditService } from './audit/audit.service.js';
import { SettingsAuditService } from './audit/settings-audit.service.js';
import { AuthenticationService } from './authentication.service.js';
import { GATEWAY_HASH } from './gateway-hash.settings.js';
import { MANAGEMENT_SECRET, ManagementSecretService } from './management-secret.service.js';
import { ManagementGuard } from './management.guard.js';
import { MANAGEMENT_PLAIN_HTTP, METRICS_ALLOW, METRICS_ENABLED } from './management.settings.js';
import { OidcOperatorsService } from './oidc/oidc-operators.service.js';
import { OidcSignInService } from './oidc/oidc-sign-in.service.js';
import { OIDC_SETTINGS } from './oidc/oidc.settings.js';
import { PendingSignInsRepository } from './oidc/pending-sign-ins.repository.js';
import { OperatorSessionsRepository } from './operator-sessions.repository.js';
import { OperatorSessionsService } from './operator-sessions.service.js';
import { OperatorsRepository } from './operators.repository.js';
import { OperatorsService } from './operators.service.js';
import { PrincipalsService } from './principals.service.js';
import { SignInFailuresRepository } from './sign-in-failures.repository.js';
import { SignInPausesService } from './sign-in-pauses.service.js';
import { SignInService } from './sign-in.service.js';
import { TokensRepository } from './tokens.repository.js';
import { TokensService } from './tokens.service.js';

/** Who may manage the store over the network. */
@Module({
  imports: [SettingsModule, OutgoingModule],
  providers: [
    ManagementSecretService,
    ActorContextService,
    AuditRepository,
    AuditService,
    AuditTrimService,
    SettingsAuditService,
    OperatorsRepository,
    OperatorsService,
    TokensRepository,
    TokensService,
    OperatorSessionsRepository,
    OperatorSessionsService,
    SignInFailuresRepository,
    SignInPausesService,
    SignInService,
    AccountService,
    PendingSignInsRepository,
    OidcOperatorsService,
    OidcSignInService,
    AuthenticationService,
    PrincipalsService,
    ManagementGuard,
  ],
  exports: [
    ManagementSecretService,
    ActorContextService,
    AuditService,
    AuditTrimService,
    OperatorsService,
    TokensService,
    OperatorSessionsService,
    SignInService,
    AccountService,
    OidcSignInService,
    AuthenticationService,
    PrincipalsService,
    ManagementGuard,
  ],
})
export class ManagementModule {
  constructor(settings: SettingsService) {
    for (const setting of [
      GATEWAY_HASH,
      MANAGEMENT_PLAIN_HTTP,
      MANAGEMENT_SECRET,
      METRICS_ALLOW,
      METRICS_ENABLED,
      ...OIDC_SETTINGS,
    ])
      settings.define(setting);
  }
}
