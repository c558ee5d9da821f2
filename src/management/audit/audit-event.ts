import { createHash } from 'node:crypto';

/** A row of the audit trail, without its place in the chain. */
export interface AuditContent {
  readonly sequence: number;
  readonly at: Date;
  readonly actorKind: string;
  readonly actor: string;
  /** `null` for a command. */
  readonly address: string | null;
  readonly requestId: string | null;
  /** `operator.add`, `setting.change`, ... */
  readonly action: string;
  /** What was changed: a name, a key. */
  readonly subject: string;
  /** JSON, without secrets; `null` where there was nothing. */
  readonly before: string | null;
  readonly after: string | null;
}

/** A row of the audit trail. */
export interface AuditEvent extends AuditContent {
  readonly previousHash: Buffer;
  readonly hash: Buffer;
}

/** Where the chain ends. */
export interface AuditHead {
  readonly sequence: number;
  readonly hash: Buffer;
}

/** Before the first row. */
export const FIRST_HASH = Buffer.alloc(32);

/** The hash of a row: of everything in it, and of the hash of the row before it. */
export function auditHash(previousHash: Buffer, content: AuditContent): Buffer {
  const { sequence, at, actorKind, actor, address, requestId, action, subject, before, after } = content;
  const fields = [
    sequence,
    at.toISOString(),
    actorKind,
    actor,
    address,
    requestId,
    action,
    subject,
    before,
    after,
  ];
  return createHash('sha256').update(previousHash).update(JSON.stringify(fields)).digest();
}

/** Follows the chain row by row, and says where it is broken. */
export class AuditChain {
  private sequence = 0;
  private hash: Buffer = FIRST_HASH;

  /** Rows that were looked at. */
  get length(): number {
    return this.sequence;
  }

  /** @param event - the next one by its sequence. @returns what is wrong with it, or before it */
  next(event: AuditEvent): string | undefined {
    const expected = this.sequence + 1;
    if (event.sequence !== expected) return removed(expected, event.sequence - 1);
    if (!auditHash(event.previousHash, event).equals(event.hash)) return `row ${event.sequence} was changed`;
    if (!event.previousHash.equals(this.hash))
      return `row ${event.sequence} does not follow row ${this.sequence}: one of them was put in the place of another`;
    this.sequence = event.sequence;
    this.hash = event.hash;
    return undefined;
  }

  /** @returns what is missing at the end */
  end(head: AuditHead): string | undefined {
    if (head.sequence > this.sequence) return removed(this.sequence + 1, head.sequence);
    return head.sequence === this.sequence && head.hash.equals(this.hash)
      ? undefined
      : `row ${this.sequence} is not the last one that was written: rows were added or changed at the end`;
  }
}

function removed(first: number, last: number): string {
  return first === last ? `row ${first} was removed` : `rows ${first} to ${last} were removed`;
}
