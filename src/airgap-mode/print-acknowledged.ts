import { printLine } from '../common/terminal.js';
import type { Acknowledged } from './ack.service.js';

/** One line for each assertion of a file. */
export function printAcknowledged(acknowledged: readonly Acknowledged[]): void {
  for (const { assertion, added } of acknowledged) {
    const { type, primaryKey, assertionRevision } = assertion;
    printLine(
      `${type.name} ${primaryKey.join('/')} (revision ${assertionRevision}): ${added ? 'added' : 'already in the store'}`,
    );
  }
}
