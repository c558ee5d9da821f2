import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { TransactionsService } from '../../database/transactions.service.js';
import { ActorContextService } from './actor-context.service.js';
import { AuditChain, auditHash, type AuditEvent } from './audit-event.js';
import { AuditRepository } from './audit.repository.js';

/** Rows that are read at once. */
const BATCH_ROWS = 1_000;

/** Something that was changed. */
export interface AuditEntry {
  /** What was done, as `thing.verb`: `operator.add`. */
  readonly action: string;
  /** What it was done to: a name, a key. */
  readonly subject: string;
  /** As JSON, never with a secret. */
  readonly before?: unknown;
  readonly after?: unknown;
}

/** What became of looking at the whole trail. */
export interface AuditVerdict {
  readonly rows: number;
  /** The first thing that is wrong; undefined where the trail is whole. */
  readonly broken: string | undefined;
}

/** Who changed what, when and from where. */
@Injectable()
export class AuditService {
  constructor(
    private readonly repository: AuditRepository,
    private readonly transactions: TransactionsService,
    private readonly actors: ActorContextService,
  ) {}

  /**
   * Writes down a change along with it: both happen, or neither. Who did it is known from where the call comes from.
   * The rows are written when the rest of the transaction is done, so that nobody waits for the trail with other locks.
   *
   * @param tx - one that {@link TransactionsService.run} has begun
   */
  record(tx: EntityManager, { action, subject, before, after }: AuditEntry): void {
    const { kind, name, address, requestId } = this.actors.current;
    const said = {
      actorKind: kind,
      actor: name,
      address: address ?? null,
      requestId: requestId ?? null,
      action,
      subject: subject.replaceAll('\0', ''),
      before: before === undefined ? null : JSON.stringify(before),
      after: after === undefined ? null : JSON.stringify(after),
    };
    this.transactions.atEnd(tx, async () => {
      const head = await this.repository.lockHead(tx);
      const content = { ...said, sequence: head.sequence + 1, at: new Date() };
      const hash = auditHash(head.hash, content);
      await this.repository.add(tx, { ...content, previousHash: head.hash, hash });
    });
  }

  /** Rows before one, the newest first. @param before - undefined for the newest of all */
  async list(limit: number, before?: number): Promise<AuditEvent[]> {
    return await this.repository.findBefore(before, limit);
  }

  /** Every row, in the order in which they were written. */
  async *all(): AsyncGenerator<AuditEvent> {
    let last = 0;
    for (;;) {
      const rows = await this.repository.findAfter(last, BATCH_ROWS);
      yield* rows;
      last = rows.at(-1)?.sequence ?? last;
      if (rows.length < BATCH_ROWS) return;
    }
  }

  /** Looks whether a row was removed, changed, or put in the place of another. */
  async verify(): Promise<AuditVerdict> {
    // Read first: rows that are written meanwhile are not missing.
    const head = await this.repository.head();
    const chain = new AuditChain();
    for await (const event of this.all()) {
      if (head && event.sequence > head.sequence) break;
      const broken = chain.next(event);
      if (broken !== undefined) return { rows: chain.length, broken };
    }
    const broken = head ? chain.end(head) : 'the row that says where the trail ends was removed';
    return { rows: chain.length, broken };
  }
}
