import { storeJson } from '../../brand-stores/store-outcome.view.js';
import { StoreError } from '../../common/errors.js';
import type { FileOutcome } from '../import-batch.service.js';
import { bundleLines, dryRunLines, reportLines } from '../import-report.js';
import type { MissingSnap } from '../missing-snaps.service.js';
import { missingView, outcomeView } from '../push.view.js';
import { MAX_RESULT_BYTES, type PushJobError } from './push-job.js';

/** What a push brought. */
export interface PushResult {
  readonly outcomes: readonly FileOutcome[];
  readonly notes: readonly string[];
  readonly missing: readonly MissingSnap[];
}

/** The result of a job as JSON: that of `push-snap --json`, and the lines that `push-snap` prints. */
export function resultJson({ outcomes, notes, missing }: PushResult): string {
  const rest = { missing: missing.map(missingView), notes };
  const whole = JSON.stringify({ files: outcomes.map(fileView), ...rest });
  if (Buffer.byteLength(whole) <= MAX_RESULT_BYTES) return whole;
  return JSON.stringify({ files: outcomes.map(shortView), missing: [], notes: [], 'is-shortened': true });
}

function fileView(outcome: FileOutcome): object {
  const { file, report } = outcome;
  if (!report) return outcomeView(outcome);
  return {
    ...outcomeView(outcome),
    ...(report.stores.length > 0 && { stores: report.stores.map(storeJson) }),
    notes: bundleLines(file, report, new Date()),
    lines: report.isDryRun ? dryRunLines(report) : reportLines(report),
  };
}

function shortView(outcome: FileOutcome): object {
  const { report } = outcome;
  return outcomeView(report ? { ...outcome, report: { ...report, snaps: [] } } : outcome);
}

/** An error as a job keeps it. That of a fault in the program is only in the log. */
export function refusalOf(error: unknown): PushJobError {
  if (error instanceof StoreError) return { code: error.code, message: error.message };
  return { code: 'internal-error', message: 'cannot import: the store cannot do this now, see its log' };
}
