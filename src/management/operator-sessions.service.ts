import { timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { StoreError } from '../common/errors.js';
import { MAX_USER_AGENT_CHARACTERS } from '../common/limits.js';
import { TransactionsService } from '../database/transactions.service.js';
import { AuditService } from './audit/audit.service.js';
import { makeSessionSecret, passwordTag, type OperatorSession } from './operator-session.js';
import { OperatorSessionsRepository } from './operator-sessions.repository.js';
import type { OperatorSecrets } from './operators.repository.js';
import { OperatorsService } from './operators.service.js';
import { secretDigest } from './token.js';

/** How often the last use of a session is noted, in milliseconds. */
export const SESSION_USE_NOTED_EVERY_MS = 60_000;

/** A session that somebody uses, and who that is. */
export interface OpenSession {
  readonly session: OperatorSession;
  readonly operator: OperatorSecrets;
}

/** Operators who are signed in with a browser. */
@Injectable()
export class OperatorSessionsService {
  constructor(
    private readonly repository: OperatorSessionsRepository,
    private readonly operators: OperatorsService,
    private readonly transactions: TransactionsService,
    private readonly audit: AuditService,
  ) {}

  /** Open sessions, the newest first. @param operator - of this one alone; undefined for all */
  async list(operator?: string): Promise<OperatorSession[]> {
    return await this.repository.findOpen(operator);
  }

  /** Opens a session for an operator who has just signed in. @returns it, and the secret for the cookie */
  async open(
    { name, passwordHash = '' }: OperatorSecrets,
    { address, userAgent }: { address: string; userAgent: string },
  ): Promise<{ session: OperatorSession; secret: string }> {
    const secret = makeSessionSecret();
    const about = {
      operator: name,
      address,
      userAgent: userAgent.replaceAll('\0', '').slice(0, MAX_USER_AGENT_CHARACTERS),
    };
    const session = await this.transactions.run((tx) =>
      this.repository.add(tx, about, secretDigest(secret), passwordTag(passwordHash)),
    );
    if (!session) throw new StoreError('storage-failed', 'cannot open a session: the database kept none');
    return { session, secret };
  }

  /**
   * The session with a secret that somebody sends.
   *
   * @returns undefined where it is over, its operator is disabled, or the password is another one by now
   */
  async use(secret: string): Promise<OpenSession | undefined> {
    const open = await this.find(secret);
    if (open && Date.now() - open.session.lastUsedAt.getTime() >= SESSION_USE_NOTED_EVERY_MS)
      await this.repository.noteUse(open.session.id);
    return open;
  }

  /** As {@link use}, without counting as a use: whether a session that was used before is still open. */
  async find(secret: string): Promise<OpenSession | undefined> {
    const session = await this.repository.findByHash(secretDigest(secret));
    if (!session) return undefined;
    const operator = await this.operators.findSecrets(session.operator);
    if (!operator || operator.isDisabled) return undefined;
    if (!timingSafeEqual(passwordTag(operator.passwordHash ?? ''), session.passwordTag)) return undefined;
    return { session, operator };
  }

  /**
   * Ends a session at once.
   *
   * @param operator - only where it is this one's; undefined for anybody's
   * @throws StoreError `not-found`
   */
  async end(id: number, operator?: string): Promise<void> {
    // The database has no id that a number cannot express.
    const isEnded =
      Number.isSafeInteger(id) &&
      (await this.transactions.run(async (tx) => {
        const ended = await this.repository.delete(tx, id, operator);
        if (ended) this.recordEnds(tx, ended.operator, [ended]);
        return ended !== undefined;
      }));
    if (!isEnded) throw new StoreError('not-found', `cannot end session ${id}: there is none`);
  }

  /**
   * Ends the sessions of an operator at once.
   *
   * @param kept - the one that goes on; undefined for none
   * @returns how many were ended
   */
  async endOthers(operator: string, kept: number | undefined): Promise<number> {
    return await this.transactions.run(async (tx) => {
      const ended = await this.repository.deleteOthers(tx, operator, kept);
      if (ended.length > 0) this.recordEnds(tx, operator, ended);
      return ended.length;
    });
  }

  private recordEnds(tx: EntityManager, operator: string, ended: readonly OperatorSession[]): void {
    const before = { sessions: ended.map(({ id, address }) => ({ id, address })) };
    this.audit.record(tx, { action: 'session.end', subject: operator, before });
  }
}
