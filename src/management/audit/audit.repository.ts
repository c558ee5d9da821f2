import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../../database/database.service.js';
import type { AuditEvent, AuditHead } from './audit-event.js';

const COLUMNS = `sequence::float8 as sequence, at, actor_kind as "actorKind", actor, address, request_id as "requestId",
  action, subject, before, after, previous_hash as "previousHash", hash`;

/** The table of who changed what: rows are added, never changed. */
@Injectable()
export class AuditRepository {
  constructor(private readonly database: DatabaseService) {}

  /** Where the chain ends; nobody else adds to it until the transaction ends. */
  async lockHead(tx: EntityManager): Promise<AuditHead> {
    const [head] = await tx.query<AuditHead[]>(
      'select sequence::float8 as sequence, hash from audit_head for update',
    );
    if (!head) throw new Error('the audit trail has no head');
    return head;
  }

  async head(): Promise<AuditHead | undefined> {
    return (
      await this.database.query<AuditHead>('select sequence::float8 as sequence, hash from audit_head')
    )[0];
  }

  async add(tx: EntityManager, event: AuditEvent): Promise<void> {
    const { sequence, at, actorKind, actor, address, requestId, action, subject, before, after } = event;
    await tx.query(
      `insert into audit_event (sequence, at, actor_kind, actor, address, request_id, action, subject, before, after,
         previous_hash, hash) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
      [
        sequence,
        at,
        actorKind,
        actor,
        address,
        requestId,
        action,
        subject,
        before,
        after,
        event.previousHash,
        event.hash,
      ],
    );
    await tx.query('update audit_head set sequence = $1, hash = $2', [sequence, event.hash]);
  }

  /** Rows after one, in the order in which they were written. */
  async findAfter(sequence: number, limit: number): Promise<AuditEvent[]> {
    return await this.database.query<AuditEvent>(
      `select ${COLUMNS} from audit_event where sequence > $1 order by sequence limit $2`,
      [sequence, limit],
    );
  }

  /** Rows before one, the newest first. @param sequence - undefined for the newest of all */
  async findBefore(sequence: number | undefined, limit: number): Promise<AuditEvent[]> {
    return await this.database.query<AuditEvent>(
      `select ${COLUMNS} from audit_event where $1::bigint is null or sequence < $1
       order by sequence desc limit $2`,
      [sequence ?? null, limit],
    );
  }
}
