import { Injectable } from '@nestjs/common';
import { AssertionsService } from '../assertions/assertions.service.js';
import { isMissingPrerequisite } from '../assertions/trust/refusal.js';
import { classifyGiven, folderNotes, inGivenOrder } from '../bundles/reading/classified-files.js';
import { StoreError } from '../common/errors.js';
import type { TypedFile } from '../common/files/given-files.js';
import type { FileProgress } from '../common/terminal/progress.js';
import { AssertionPool } from './assertion-pool.js';
import type { ImportOptions } from './import-options.js';
import { planImports, type ImportPlan, type PlannedInput } from './import-plan.js';
import type { ImportReport } from './import-report.js';
import { ImportService, refusedPush } from './import.service.js';

/** The outcome of one file of a command. */
export interface FileOutcome {
  /** The path as it was typed; for a file in a folder, below the folder as it was typed. */
  readonly file: string;
  readonly report?: ImportReport;
  /** Why it was not pushed. */
  readonly error?: StoreError;
}

/** The callbacks of a push of several files. */
export interface BatchFollower {
  readonly progress: () => FileProgress;
  /** Called for each file as soon as its outcome is known. */
  readonly onOutcome: (outcome: FileOutcome) => void;
  /** Called with notes for the operator. */
  readonly onNote: (line: string) => void;
}

/** After these errors the next file would fail too, so nothing more is tried. */
const STOPS: ReadonlySet<string> = new Set(['database-unavailable', 'storage-failed']);

/**
 * Pushes all files and folders of a command, each file completely or not at all. The files may depend on each other, in
 * any order. An invalid file does not prevent the others from being pushed.
 */
@Injectable()
export class ImportBatchService {
  constructor(
    private readonly imports: ImportService,
    private readonly assertions: AssertionsService,
  ) {}

  /**
   * @param typed - files and folders
   * @returns an outcome for each file, in their order
   * @throws StoreError `invalid-request` if a path is given twice, or if a folder contains nothing to push
   */
  async push(
    typed: readonly TypedFile[],
    options: ImportOptions,
    follower: BatchFollower,
  ): Promise<FileOutcome[]> {
    const given = await classifyGiven(typed);
    const plan = await planImports(given);
    const passedOver = [...given.passedOver, ...plan.passedOver];
    for (const note of [...folderNotes({ ...given, passedOver }), ...helperNotes(plan)])
      follower.onNote(note);
    const run = new BatchRun(this.imports, options, follower);
    for (const [shown, error] of plan.refused) run.refuse(shown, error);
    const waiting = await run.pushEach(plan.inputs);
    const hasOthers = plan.inputs.length + plan.assertionFiles.length > 1;
    run.settleAll(waiting.length > 0 && hasOthers ? await this.retry(waiting, plan, run) : waiting);
    if (run.outcomes.length === 0)
      throw new StoreError(
        'invalid-request',
        `cannot push ${typed.map(({ shown }) => shown).join(', ')}: there is no snap in it`,
      );
    return inGivenOrder(given, run.outcomes);
  }

  /** Retries the files that lacked assertions with those of the other files, while that helps. @returns the rest */
  private async retry(
    waiting: readonly Waiting[],
    plan: ImportPlan,
    run: BatchRun,
  ): Promise<readonly Waiting[]> {
    const decoded = plan.assertionFiles.filter(({ trouble }) => !trouble).map(({ assertions }) => assertions);
    run.pool.add((await this.assertions.sift(decoded)).verified);
    let left = waiting;
    for (let before = left.length + 1; left.length > 0 && left.length < before;) {
      before = left.length;
      left = await run.pushEach(left.map(({ input }) => input));
    }
    return left;
  }
}

/** A file that lacks an assertion that another file may contain, with its outcome so far. */
interface Waiting {
  readonly input: PlannedInput;
  readonly outcome: FileOutcome;
}

/** One command's run over its files. */
class BatchRun {
  readonly outcomes: FileOutcome[] = [];
  readonly pool = new AssertionPool();
  private stoppedBy: string | undefined;

  constructor(
    private readonly imports: ImportService,
    private readonly options: ImportOptions,
    private readonly follower: BatchFollower,
  ) {}

  refuse(shown: string, error: StoreError): void {
    this.settle({ file: shown, error: refusedPush(shown, error) });
  }

  /** @returns the files that lack an assertion that another file may contain */
  async pushEach(inputs: readonly PlannedInput[]): Promise<Waiting[]> {
    const waiting: Waiting[] = [];
    for (const input of inputs) {
      const outcome = await this.attempt(input);
      if (isMissingPrerequisite(outcome.error)) waiting.push({ input, outcome });
      else this.settle(outcome);
    }
    return waiting;
  }

  settleAll(left: readonly Waiting[]): void {
    for (const { outcome } of left) this.settle(outcome);
  }

  private async attempt({ file: { shown }, open }: PlannedInput): Promise<FileOutcome> {
    if (this.stoppedBy !== undefined)
      return {
        file: shown,
        error: new StoreError(
          'storage-failed',
          `cannot push ${shown}: not tried after ${this.stoppedBy} failed`,
        ),
      };
    try {
      const { imports, options, pool, follower } = this;
      return {
        file: shown,
        report: await imports.importOpened(shown, open, { ...options, pool }, follower.progress()),
      };
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (STOPS.has(error.code)) this.stoppedBy = shown;
      return { file: shown, error };
    }
  }

  private settle(outcome: FileOutcome): void {
    this.outcomes.push(outcome);
    this.follower.onOutcome(outcome);
  }
}

function helperNotes({ helpers }: ImportPlan): string[] {
  return helpers.map(
    ({ shown }) =>
      `${shown}: contains only assertions; those that the snaps need are added with them (to add all of them: snap-store-proxy ack)`,
  );
}

/** The last line of a push of several files; undefined if all of them were pushed. */
export function pushSummary(outcomes: readonly FileOutcome[]): string | undefined {
  const failed = outcomes.filter(({ error }) => error !== undefined);
  if (failed.length === 0 || outcomes.length === 1) return undefined;
  const pushed = outcomes.length - failed.length;
  const rest =
    pushed === 0 ? 'nothing was pushed' : `the other ${pushed === 1 ? 'one was' : `${pushed} were`} pushed`;
  return `${failed.length} of ${outcomes.length} files were not pushed (${failed.map(({ file }) => file).join(', ')}); ${rest}`;
}
