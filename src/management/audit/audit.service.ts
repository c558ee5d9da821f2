import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { areStorable } from '../../common/storable-text.js';
import { TransactionsService } from '../../database/transactions.service.js';
import { ActorContextService } from './actor-context.service.js';
import {
  AuditChain,
  auditHash,
  readCheckpoint,
  type AuditCheckpoint,
  type AuditEvent,
  type AuditFilter,
  type AuditHead,
} from './audit-event.js';
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
  /** The rows before these, which were removed and exported; undefined where there are none. */
  readonly trimmed: AuditCheckpoint | undefined;
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

  /** Rows that a filter lets pass, the newest first. @param before - a sequence; undefined for the newest of all */
  async list(limit: number, before?: number, filter: AuditFilter = {}): Promise<AuditEvent[]> {
    const { who, action, subject } = filter;
    // No row has a NUL character, and the database takes none.
    if (!areStorable([who, action, subject])) return [];
    return await this.repository.findBefore(filter, limit, before);
  }

  /** Every row, in the order in which they were written. @param upTo - the last one; undefined for all */
  async *all(upTo = Infinity): AsyncGenerator<AuditEvent> {
    let last = 0;
    for (;;) {
      const rows = await this.repository.findAfter(last, BATCH_ROWS);
      for (const row of rows) {
        if (row.sequence > upTo) return;
        yield row;
      }
      last = rows.at(-1)?.sequence ?? last;
      if (rows.length < BATCH_ROWS) return;
    }
  }

  /** Looks whether a row was removed without {@link AuditTrimService}, changed, or put in the place of another. */
  async verify(): Promise<AuditVerdict> {
    const checkpoint = await this.repository.findCheckpoint();
    const verdict = await this.verifyFrom(checkpoint);
    if (verdict.broken === undefined) return verdict;
    // Rows that were removed properly meanwhile are not missing.
    const newer = await this.repository.findCheckpoint();
    return newer?.sequence === checkpoint?.sequence ? verdict : await this.verifyFrom(newer);
  }

  private async verifyFrom(checkpoint: AuditEvent | undefined): Promise<AuditVerdict> {
    // Read first: rows that are written meanwhile are not missing.
    const head = await this.repository.head();
    const chain = new AuditChain(checkpoint);
    const broken = await this.follow(chain, head);
    return { rows: chain.length, broken, trimmed: checkpoint && readCheckpoint(checkpoint) };
  }

  private async follow(chain: AuditChain, head: AuditHead | undefined): Promise<string | undefined> {
    const changed = chain.start();
    if (changed !== undefined) return changed;
    let missing: string | undefined;
    for await (const event of this.all(head?.sequence)) {
      const isAfterGap = chain.isAfterGap(event);
      const broken = chain.next(event);
      if (broken === undefined) continue;
      if (chain.length > 0 || missing !== undefined || !isAfterGap) return joined(missing, broken);
      // The row that says so may be missing as well: that is worth to be said too.
      missing = broken;
      chain.resumeAt(event);
      const other = chain.next(event);
      if (other !== undefined) return joined(missing, other);
    }
    const end = head ? chain.end(head) : 'the row that says where the trail ends was removed';
    return joined(missing, end);
  }
}

function joined(...texts: readonly (string | undefined)[]): string | undefined {
  return texts.filter((text) => text !== undefined).join('; ') || undefined;
}
