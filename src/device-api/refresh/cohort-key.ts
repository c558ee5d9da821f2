import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ReleasesUntil } from '../../catalogue/release-record.js';

/** How long a cohort keeps its view of the channels. Then it gets a new view, for the same time. */
export const COHORT_WINDOW_MS = 90 * 24 * 60 * 60 * 1_000;

/** Longest key accepted, in characters; ours are less than half as long. */
export const MAX_COHORT_KEY_LENGTH = 512;

const FORM = /^(1 ([a-zA-Z0-9]{1,64}) (\d{1,15}) (\d{1,15})) ([0-9a-f]{64})$/;

/** The content of a cohort key. */
export interface Cohort {
  readonly snapId: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** The newest release of the snap at that time, on any channel. */
  readonly releaseId: number;
}

function signatureOf(secret: Buffer, text: string): Buffer {
  // Separates the keys from other data that the same secret may sign in future.
  return createHmac('sha256', secret).update(`cohort ${text}`).digest();
}

/** Creates the key that devices send; to them it is opaque. */
export function signCohort(secret: Buffer, { snapId, createdAt, releaseId }: Cohort): string {
  const text = `1 ${snapId} ${createdAt} ${releaseId}`;
  return Buffer.from(`${text} ${signatureOf(secret, text).toString('hex')}`).toString('base64url');
}

/** @returns undefined if this secret did not sign the key */
export function readCohort(secret: Buffer, key: string): Cohort | undefined {
  if (key.length > MAX_COHORT_KEY_LENGTH) return undefined;
  const [, text = '', snapId = '', createdAt, releaseId, signature = ''] =
    FORM.exec(Buffer.from(key, 'base64url').toString('latin1')) ?? [];
  if (text === '' || !timingSafeEqual(signatureOf(secret, text), Buffer.from(signature, 'hex')))
    return undefined;
  return { snapId, createdAt: Number(createdAt), releaseId: Number(releaseId) };
}

/**
 * The present view of a cohort.
 *
 * @param now - milliseconds since 1970
 * @see snapcore/snapd: cmd/snap/cmd_create_cohort.go (the ninety days)
 */
export function cohortView({ createdAt, releaseId }: Cohort, now: number): ReleasesUntil {
  const windows = Math.floor((now - createdAt) / COHORT_WINDOW_MS);
  return windows < 1 ? { releaseId } : { addedBefore: new Date(createdAt + windows * COHORT_WINDOW_MS) };
}
