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

/** Everything in a row, in the order in which it is hashed. */
export const AUDIT_FIELDS = [
  'sequence',
  'at',
  'actorKind',
  'actor',
  'address',
  'requestId',
  'action',
  'subject',
  'before',
  'after',
] as const satisfies readonly (keyof AuditContent)[];

/** Before the first row. */
export const FIRST_HASH = Buffer.alloc(32);

/** The hash of a row: of everything in it, and of the hash of the row before it. */
export function auditHash(previousHash: Buffer, content: AuditContent): Buffer {
  const fields = JSON.stringify(AUDIT_FIELDS.map((field) => content[field]));
  return createHash('sha256').update(previousHash).update(fields).digest();
}

/** Which rows are asked for; those that are left out let every row pass. */
export interface AuditFilter {
  /** The name of who did it, or kind and name, as `token ci`. */
  readonly who?: string | undefined;
  /** As `operator.add`, or the first part of it. */
  readonly action?: string | undefined;
  readonly subject?: string | undefined;
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
}

/** The action of a row that says which rows before it were removed. */
export const TRIM_ACTION = 'audit.trim';

/** What is left of rows that were removed: it is in the row that says so, which later rows hold fast. */
export interface AuditCheckpoint {
  /** Of the rows that were removed. */
  readonly first: number;
  readonly last: number;
  /** The hash of the last one of them. */
  readonly hash: string;
}

/** @returns undefined where the row is no checkpoint */
export function readCheckpoint({ action, after }: AuditContent): AuditCheckpoint | undefined {
  if (action !== TRIM_ACTION || after === null) return undefined;
  const { first, last, hash } = JSON.parse(after) as Partial<AuditCheckpoint>;
  return typeof first === 'number' && typeof last === 'number' && typeof hash === 'string'
    ? { first, last, hash }
    : undefined;
}

/** Follows the chain row by row, and says where it is broken. */
export class AuditChain {
  private sequence = 0;
  private hash: Buffer = FIRST_HASH;
  private rows = 0;

  /** @param checkpoint - the newest row that says which rows were removed */
  constructor(private readonly checkpoint?: AuditEvent) {
    const removed = checkpoint && isUnchanged(checkpoint) ? readCheckpoint(checkpoint) : undefined;
    if (!removed) return;
    this.sequence = removed.last;
    this.hash = Buffer.from(removed.hash, 'hex');
  }

  /** Rows that were looked at. */
  get length(): number {
    return this.rows;
  }

  /** What is wrong with the row that says which rows were removed: it stands before all others. */
  start(): string | undefined {
    return this.checkpoint && !isUnchanged(this.checkpoint)
      ? `row ${this.checkpoint.sequence} was changed`
      : undefined;
  }

  /** @param event - the next one by its sequence. @returns what is wrong with it, or before it */
  next(event: AuditEvent): string | undefined {
    const expected = this.sequence + 1;
    if (event.sequence < expected)
      return `row ${event.sequence} was put back: row ${this.checkpoint?.sequence} says that it was removed`;
    if (event.sequence !== expected) return removedText(expected, event.sequence - 1);
    if (!isUnchanged(event)) return `row ${event.sequence} was changed`;
    if (!event.previousHash.equals(this.hash))
      return `row ${event.sequence} does not follow row ${this.sequence}: one of them was put in the place of another`;
    this.sequence = event.sequence;
    this.hash = event.hash;
    this.rows += 1;
    return undefined;
  }

  /** Whether rows are missing before this one. */
  isAfterGap({ sequence }: AuditEvent): boolean {
    return sequence > this.sequence + 1;
  }

  /** Goes on with a row that does not follow, whatever stood before it. */
  resumeAt({ sequence, previousHash }: AuditEvent): void {
    this.sequence = sequence - 1;
    this.hash = previousHash;
  }

  /** @returns what is missing at the end */
  end(head: AuditHead): string | undefined {
    if (head.sequence > this.sequence) return removedText(this.sequence + 1, head.sequence);
    return head.sequence === this.sequence && head.hash.equals(this.hash)
      ? undefined
      : `row ${this.sequence} is not the last one that was written: rows were added or changed at the end`;
  }
}

function isUnchanged(event: AuditEvent): boolean {
  return auditHash(event.previousHash, event).equals(event.hash);
}

function removedText(first: number, last: number): string {
  return first === last ? `row ${first} was removed` : `rows ${first} to ${last} were removed`;
}
