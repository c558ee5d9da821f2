import type { RemovedAssertion } from './remove-assertion.service.js';

/** An assertion that was removed, as JSON. */
export interface RemovedAssertionView {
  readonly type: string;
  readonly 'primary-key': readonly string[];
  readonly revisions: readonly number[];
  readonly 'dry-run': boolean;
}

export function removedAssertionView(
  { type, primaryKey, assertionRevisions }: RemovedAssertion,
  dryRun: boolean,
): RemovedAssertionView {
  return { type, 'primary-key': primaryKey, revisions: assertionRevisions, 'dry-run': dryRun };
}
