import type { Acknowledged } from './ack.service.js';

/** An assertion that was given to the store, as JSON. */
export interface AcknowledgedView {
  readonly type: string;
  readonly 'primary-key': readonly string[];
  readonly revision: number;
  readonly added: boolean;
}

export function acknowledgedView({ assertion, added }: Acknowledged): AcknowledgedView {
  const { type, primaryKey, assertionRevision } = assertion;
  return { type: type.name, 'primary-key': primaryKey, revision: assertionRevision, added };
}
