import { Injectable } from '@nestjs/common';
import { AssertionsService } from '../assertions/assertions.service.js';
import { isMissingPrerequisite } from '../assertions/trust/refusal.js';
import { classifyGiven, folderNotes, inGivenOrder } from '../bundles/reading/classified-files.js';
import { StoreError } from '../common/errors.js';
import type { TypedFile } from '../common/files/given-files.js';
import { AssertionPool } from './assertion-pool.js';
import type { ImportOptions, ImportProgress } from './import-options.js';
import { planImports, type ImportPlan, type PlannedInput } from './import-plan.js';
import type { ImportReport } from './import-report.js';
import { ImportService, refusedPush } from './import.service.js';

/** What became of one of the files that a command was given. */
export interface FileOutcome {
  /** As it was typed, or below the folder as that was typed. */
  readonly file: string;
  readonly report?: ImportReport;
  /** Why it was not pushed. */
  readonly error?: StoreError;
}

/** How a command follows a push of several files. */
export interface BatchFollower {
  readonly progress: () => ImportProgress;
  /** Called for each file once it is decided. */
  readonly onOutcome: (outcome: FileOutcome) => void;
  /** Called for what is worth knowing besides. */
  readonly onNote: (line: string) => void;
}

/** After these the next file fails likewise: nothing more is tried. */
const STOPS: ReadonlySet<string> = new Set(['database-unavailable', 'storage-failed']);

/**
 * Pushes all that a command was given: files, folders with files in them, each of them whole or not at all. What one
 * needs another may hold, in any order; one that is bad keeps none of the others from being pushed.
 */
@Injectable()
export class ImportBatchService {
  constructor(
    private readonly imports: ImportService,
    private readonly assertions: AssertionsService,
  ) {}

  /**
   * @param typed - files and folders
   * @returns an outcome for each, in their order
   * @throws StoreError `invalid-request` where one is typed twice, or a folder holds nothing to push
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

  /** Again, what lacked something: with what the others hold, as long as that helps. @returns what is left */
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

/** What lacks something that another file may hold, and what came of it so far. */
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

  /** @returns those that lack something that another file may hold */
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
      `${shown}: holds assertions alone; those that the snaps need are added with them (all of them: snap-store-proxy ack)`,
  );
}

/** What stands at the end of a push of several files that were not all pushed; nothing where they were. */
export function pushSummary(outcomes: readonly FileOutcome[]): string | undefined {
  const failed = outcomes.filter(({ error }) => error !== undefined);
  if (failed.length === 0 || outcomes.length === 1) return undefined;
  const pushed = outcomes.length - failed.length;
  const rest =
    pushed === 0 ? 'nothing was pushed' : `the other ${pushed === 1 ? 'one was' : `${pushed} were`} pushed`;
  return `${failed.length} of ${outcomes.length} files were not pushed (${failed.map(({ file }) => file).join(', ')}); ${rest}`;
}
