import { createHmac, timingSafeEqual } from 'node:crypto';
import type { ReleasesUntil } from '../../catalogue/release-record.js';

/** How long a cohort stays with what it has seen; then it sees the channels as they are by then, for as long again. */
export const COHORT_WINDOW_MS = 90 * 24 * 60 * 60 * 1_000;

/** Longest key that is looked at, in characters; ours have less than half of it. */
export const MAX_COHORT_KEY_LENGTH = 512;

const FORM = /^(1 ([a-zA-Z0-9]{1,64}) (\d{1,15}) (\d{1,15})) ([0-9a-f]{64})$/;

/** What a cohort key says. */
export interface Cohort {
  readonly snapId: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** The newest release of the snap by then, whatever the channel. */
  readonly releaseId: number;
}

function signatureOf(secret: Buffer, text: string): Buffer {
  // Tells the keys from anything else that the same secret might sign one day.
  return createHmac('sha256', secret).update(`cohort ${text}`).digest();
}

/** Makes the key that devices show; to them it is opaque. */
export function signCohort(secret: Buffer, { snapId, createdAt, releaseId }: Cohort): string {
  const text = `1 ${snapId} ${createdAt} ${releaseId}`;
  return Buffer.from(`${text} ${signatureOf(secret, text).toString('hex')}`).toString('base64url');
}

/** @returns undefined for a key that this secret did not sign */
export function readCohort(secret: Buffer, key: string): Cohort | undefined {
  if (key.length > MAX_COHORT_KEY_LENGTH) return undefined;
  const [, text = '', snapId = '', createdAt, releaseId, signature = ''] =
    FORM.exec(Buffer.from(key, 'base64url').toString('latin1')) ?? [];
  if (text === '' || !timingSafeEqual(signatureOf(secret, text), Buffer.from(signature, 'hex')))
    return undefined;
  return { snapId, createdAt: Number(createdAt), releaseId: Number(releaseId) };
}

/**
 * What a cohort sees now.
 *
 * @param now - milliseconds since 1970
 * @see snapcore/snapd: cmd/snap/cmd_create_cohort.go (the ninety days)
 */
export function cohortView({ createdAt, releaseId }: Cohort, now: number): ReleasesUntil {
  const windows = Math.floor((now - createdAt) / COHORT_WINDOW_MS);
  return windows < 1 ? { releaseId } : { addedBefore: new Date(createdAt + windows * COHORT_WINDOW_MS) };
}
