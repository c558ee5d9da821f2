import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DatabaseService } from '../../database/database.service.js';
import {
  AUDIT_FIELDS,
  TRIM_ACTION,
  type AuditEvent,
  type AuditFilter,
  type AuditHead,
} from './audit-event.js';

const FIELDS = [...AUDIT_FIELDS, 'previousHash', 'hash'] as const;

const columnOf = (field: string) => field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const COLUMNS = FIELDS.map((field) =>
  field === 'sequence' ? 'sequence::float8 as sequence' : `${columnOf(field)} as "${field}"`,
).join(', ');

const INSERT = `insert into audit_event (${FIELDS.map(columnOf).join(', ')})
  values (${FIELDS.map((_, index) => `$${index + 1}`).join(', ')})`;

/** Rows without a gap. */
export interface AuditRange {
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

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
    await tx.query(
      INSERT,
      FIELDS.map((field) => event[field]),
    );
    await tx.query('update audit_head set sequence = $1, hash = $2', [event.sequence, event.hash]);
  }

  /** Rows after one, in the order in which they were written. */
  async findAfter(sequence: number, limit: number): Promise<AuditEvent[]> {
    return await this.database.query<AuditEvent>(
      `select ${COLUMNS} from audit_event where sequence > $1 order by sequence limit $2`,
      [sequence, limit],
    );
  }

  /** The newest rows that a filter lets pass, the newest first. @param before - a sequence; undefined for the newest of all */
  async findBefore(
    { who, action, subject, since, until }: AuditFilter,
    limit: number,
    before: number | undefined,
  ): Promise<AuditEvent[]> {
    return await this.database.query<AuditEvent>(
      `select ${COLUMNS} from audit_event where ($1::bigint is null or sequence < $1)
         and ($3::text is null or $3 in (actor, actor_kind || ' ' || actor))
         and ($4::text is null or action = $4 or starts_with(action, $4 || '.'))
         and ($5::text is null or subject = $5)
         and ($6::timestamptz is null or at >= $6) and ($7::timestamptz is null or at < $7)
       order by sequence desc limit $2`,
      [before ?? null, limit, who ?? null, action ?? null, subject ?? null, since ?? null, until ?? null],
    );
  }

  /** The newest row that says which rows were removed. */
  async findCheckpoint(): Promise<AuditEvent | undefined> {
    const [row] = await this.database.query<AuditEvent>(
      `select ${COLUMNS} from audit_event where action = $1 order by sequence desc limit 1`,
      [TRIM_ACTION],
    );
    return row;
  }

  /** The rows before the first one that is not older than a time. */
  async findOlder(time: Date): Promise<AuditRange | undefined> {
    const [row] = await this.database.query<AuditRange>(
      `select min(sequence)::float8 as first, max(sequence)::float8 as last, count(*)::float8 as count
       from audit_event where sequence < coalesce((select min(sequence) from audit_event where at >= $1), 'infinity'::float8)`,
      [time],
    );
    return row && row.count > 0 ? row : undefined;
  }

  /** @returns how many rows there were */
  async deleteUpTo(tx: EntityManager, sequence: number): Promise<number> {
    const [, count] = await tx.query<[unknown, number]>('delete from audit_event where sequence <= $1', [
      sequence,
    ]);
    return count;
  }
}
