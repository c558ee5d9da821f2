import type { AuditEvent } from './audit-event.js';

/** A row of the audit trail as JSON. */
export interface AuditEventView {
  readonly sequence: number;
  readonly at: string;
  readonly actor: { readonly kind: string; readonly name: string };
  readonly address: string | null;
  readonly 'request-id': string | null;
  readonly action: string;
  readonly subject: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly hash: string;
}

export function auditEventView(event: AuditEvent): AuditEventView {
  const { sequence, at, actorKind, actor, address, requestId, action, subject, before, after, hash } = event;
  return {
    sequence,
    at: at.toISOString(),
    actor: { kind: actorKind, name: actor },
    address,
    'request-id': requestId,
    action,
    subject,
    before: before === null ? null : (JSON.parse(before) as unknown),
    after: after === null ? null : (JSON.parse(after) as unknown),
    hash: hash.toString('hex'),
  };
}
