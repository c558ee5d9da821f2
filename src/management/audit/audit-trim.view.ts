import type { AuditTrim } from './audit-trim.service.js';

/** How a trim is asked for. */
export interface TrimWish {
  readonly before: Date;
  readonly isDryRun: boolean;
}

/** What was removed, or would be, in one line. @param plan - undefined where no row is that old */
export function trimLine(plan: AuditTrim | undefined, { before, isDryRun }: TrimWish): string {
  if (!plan) return `audit trail: no row is older than ${before.toISOString()}`;
  const { first, last, count, file } = plan;
  return isDryRun
    ? `audit trail: rows ${first} to ${last} (${count}) would be written to ${file} and removed`
    : `audit trail: rows ${first} to ${last} (${count}) removed; they are in ${file}`;
}

/** The same as JSON. */
export function trimView(plan: AuditTrim | undefined, { before, isDryRun }: TrimWish): object {
  return {
    before: before.toISOString(),
    removed: plan?.count ?? 0,
    first: plan?.first ?? null,
    last: plan?.last ?? null,
    file: plan?.file ?? null,
    'dry-run': isDryRun,
  };
}
