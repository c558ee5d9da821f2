import type { StoreErrorCode } from '../../common/errors.js';
import type { Principal } from '../../management/principal.js';

/** `refused`: at least one file was not pushed, as when `push-snap` fails. */
export const PUSH_JOB_STATES = ['queued', 'running', 'done', 'refused', 'cancelled'] as const;

export type PushJobState = (typeof PUSH_JOB_STATES)[number];

/** The options of `push-snap`, or of `push-store`. */
export interface PushJobOptions {
  /** As text, such as `latest/stable`. */
  readonly channels: readonly string[];
  readonly pushChannelMap: boolean;
  readonly dryRun: boolean;
  readonly newTrack: boolean;
  readonly store?: string | undefined;
  /** Whether its file is the export of a brand store, as for `push-store`. */
  readonly isStoreExport: boolean;
}

/** A file of a job. */
export interface PushJobFile {
  /** Of the upload. */
  readonly id: string;
  readonly name: string;
  readonly sizeBytes: number;
}

/** Who asked for a job. */
export interface PushJobActor {
  readonly kind: Principal['kind'];
  readonly name: string;
  readonly address: string | null;
  readonly requestId: string | null;
}

export interface PushJobError {
  readonly code: StoreErrorCode | 'internal-error';
  readonly message: string;
}

/** A push over the network. */
export interface PushJob {
  readonly id: number;
  readonly state: PushJobState;
  readonly actor: PushJobActor;
  readonly options: PushJobOptions;
  readonly files: readonly PushJobFile[];
  readonly totalBytes: number;
  readonly doneBytes: number;
  readonly error: PushJobError | undefined;
  /** Who asked to cancel it. */
  readonly cancelledBy: string | null;
  /** How often a unit has begun it. */
  readonly attempts: number;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
}

/** How a job ended. */
export interface PushJobEnd {
  readonly state: Exclude<PushJobState, 'queued' | 'running'>;
  /** JSON; undefined if it was never begun. */
  readonly result?: string | undefined;
  readonly error?: PushJobError | undefined;
}

/** Jobs that run at the same time, on all units together. */
export const MAX_RUNNING_JOBS = 2;

/** Jobs that wait: of one operator or token, and of all. */
export const MAX_QUEUED_JOBS_PER_PRINCIPAL = 50;
export const MAX_QUEUED_JOBS = 200;

/** Uploads of one job. */
export const MAX_JOB_UPLOADS = 100;

/** Jobs that are kept as the history. */
export const MAX_KEPT_JOBS = 10_000;

/** A unit that has not said for so long that it works on a job has lost it, in milliseconds. */
export const LEASE_MS = 15_000;

/** How often it says so. */
export const RENEW_EVERY_MS = 3_000;

/** A job whose unit was stopped so often is not begun again: perhaps it is the cause. */
export const MAX_ATTEMPTS = 3;

/** Longest result that is kept, in bytes of JSON; of a longer one, what each file brought is left out. */
export const MAX_RESULT_BYTES = 8 << 20;

export function isOver({ state }: Pick<PushJob, 'state'>): boolean {
  return state !== 'queued' && state !== 'running';
}
