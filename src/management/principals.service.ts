import { Injectable } from '@nestjs/common';
import { OperatorSessionsService } from './operator-sessions.service.js';
import { OperatorsService } from './operators.service.js';
import { whyNotAllowed, type Access, type Principal } from './principal.js';
import { tokenRoleOf, TokensService } from './tokens.service.js';

/** Who asked before, and what is known of them after their request. */
export type PastPrincipal = Pick<Principal, 'kind' | 'name' | 'session'>;

/** Looks again at who was authenticated before: for work that goes on after its request. */
@Injectable()
export class PrincipalsService {
  constructor(
    private readonly tokens: TokensService,
    private readonly operators: OperatorsService,
    private readonly sessions: OperatorSessionsService,
  ) {}

  /** @returns why somebody may not go on: the token is revoked, the session has ended, ...; undefined where they may */
  async whyEnded(past: PastPrincipal, access: Access): Promise<string | undefined> {
    const present = await this.find(past);
    if (!present) return `${past.session ? 'the session' : `${past.kind} ${past.name}`} has ended`;
    return whyNotAllowed(present, access);
  }

  private async find({ kind, name, session }: PastPrincipal): Promise<Principal | undefined> {
    if (kind === 'token') {
      const token = await this.tokens.findValid(name);
      return token && { kind, name, operator: undefined, role: tokenRoleOf(token), scopes: token.scopes };
    }
    if (session && !(await this.sessions.find(session.secret))) return undefined;
    const operator = await this.operators.findSecrets(name);
    if (!operator || operator.isDisabled) return undefined;
    return { kind, name, operator: name, role: operator.role, scopes: [] };
  }
}
