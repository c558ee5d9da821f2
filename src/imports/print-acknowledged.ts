import { StoreError } from '../common/errors.js';
import { printError, printJson, printLine, printNote } from '../common/terminal/terminal.js';
import type { Acknowledged, AckOutcome, AckResult } from './ack.service.js';
import { acknowledgedView } from './acknowledged.view.js';

/** Prints one line for each assertion of a file. */
export function printAcknowledged(acknowledged: readonly Acknowledged[]): void {
  for (const { assertion, added } of acknowledged) {
    const { type, primaryKey, assertionRevision } = assertion;
    printLine(
      `${type.name} ${primaryKey.join('/')} (revision ${assertionRevision}): ${added ? 'added' : 'already in the store'}`,
    );
  }
}

/**
 * Prints the outcome of each file.
 *
 * @throws StoreError at the end, if some of several files were refused
 */
export function printAckResult({ outcomes, notes }: AckResult, isJson: boolean): void {
  for (const note of notes) printNote(note);
  for (const { acknowledged, error } of outcomes) {
    if (error) printError(error);
    else if (!isJson) printAcknowledged(acknowledged);
  }
  if (isJson) printJson({ files: outcomes.map(outcomeView) });
  const failed = outcomes.filter(({ error }) => error !== undefined);
  if (failed.length === 0) return;
  process.exitCode = 1;
  if (outcomes.length === 1) return;
  const added = outcomes.length - failed.length;
  const rest =
    added === 0 ? 'nothing was added' : `the other ${added === 1 ? 'one was' : `${added} were`} added`;
  throw new StoreError(
    'invalid-request',
    `${failed.length} of ${outcomes.length} files were not added (${failed.map(({ file }) => file).join(', ')}); ${rest}`,
  );
}

function outcomeView({ file, acknowledged, error }: AckOutcome): object {
  if (error) return { file, outcome: 'refused', error: { code: error.code, message: error.message } };
  return {
    file,
    outcome: acknowledged.some(({ added }) => added) ? 'added' : 'unchanged',
    assertions: acknowledged.map(acknowledgedView),
  };
}
