import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Role } from '../../common/domain/role.js';
import { StoreError } from '../../common/errors.js';
import { TransactionsService } from '../../database/transactions.service.js';
import { AuditService } from '../audit/audit.service.js';
import { OperatorSessionsService } from '../operator-sessions.service.js';
import { MAX_OPERATORS, type Operator } from '../operator.js';
import { operatorView } from '../operator.view.js';
import { OperatorsRepository } from '../operators.repository.js';
import { TokensService } from '../tokens.service.js';

/** Somebody, as the identity provider knows them. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  /** What they could be called here, the best name first. */
  readonly names: readonly string[];
}

/** Operators that the identity provider knows. They are told apart by issuer and subject; names may change there. */
@Injectable()
export class OidcOperatorsService {
  constructor(
    private readonly repository: OperatorsRepository,
    private readonly transactions: TransactionsService,
    private readonly audit: AuditService,
    private readonly sessions: OperatorSessionsService,
    private readonly tokens: TokensService,
  ) {}

  /**
   * The operator for somebody who has signed in, who is added at the first time, and gets the role that the identity
   * provider gives now.
   *
   * @throws StoreError `forbidden` where the operator is disabled, `conflict` where there are {@link MAX_OPERATORS}
   */
  async signIn({ issuer, subject, names }: Identity, role: Role): Promise<Operator> {
    return await this.transactions.run(async (tx) => {
      await this.repository.lock(tx);
      const known = await this.repository.findByIdentity(tx, issuer, subject);
      if (!known) return await this.add(tx, { issuer, subject, names }, role);
      if (known.isDisabled)
        throw new StoreError('forbidden', `cannot sign in: operator ${known.name} is disabled`);
      if (known.role === role) return known;
      await this.repository.update(tx, known.name, role, known.isDisabled);
      const changed = { ...known, role };
      this.audit.record(tx, {
        action: 'operator.change',
        subject: known.name,
        before: operatorView(known),
        after: operatorView(changed),
      });
      return changed;
    });
  }

  /** Ends the sessions and tokens of somebody to whom the identity provider gives no role any more. */
  async shutOut({ issuer, subject }: Identity): Promise<void> {
    const known = await this.transactions.run((tx) => this.repository.findByIdentity(tx, issuer, subject));
    if (!known) return;
    await this.sessions.endOthers(known.name, undefined);
    await this.tokens.revokeOf(known.name);
  }

  private async add(tx: EntityManager, { issuer, subject, names }: Identity, role: Role): Promise<Operator> {
    if ((await this.repository.count(tx)) >= MAX_OPERATORS)
      throw new StoreError(
        'conflict',
        `cannot add an operator: a store has up to ${MAX_OPERATORS}; remove one first`,
      );
    const name = await this.freeName(tx, names);
    await this.repository.add(tx, name, role, { issuer, subject });
    const added = await this.repository.find(tx, name);
    if (!added) throw new StoreError('storage-failed', `cannot add operator ${name}: the database kept none`);
    this.audit.record(tx, { action: 'operator.add', subject: name, after: operatorView(added) });
    return added;
  }

  /** An operator who is here already never becomes somebody else because of a name. */
  private async freeName(tx: EntityManager, names: readonly string[]): Promise<string> {
    for (const name of names) if (!(await this.repository.find(tx, name))) return name;
    throw new StoreError(
      'conflict',
      `cannot add an operator: there is one with each of the names ${names.join(', ')}`,
    );
  }
}
