/** A revision by its snap-id and number. */
export interface RevisionRef {
  readonly snapId: string;
  readonly revision: number;
}

/** The key of a revision, independent of its snap's name. Names of files begin with it too. */
export function revisionKey({ snapId, revision }: RevisionRef): string {
  return `${snapId}_${revision}`;
}

/** Revisions as two lists, for a query that unnests them. */
export function refColumns(refs: readonly RevisionRef[]): [snapIds: string[], revisions: number[]] {
  return [refs.map(({ snapId }) => snapId), refs.map(({ revision }) => revision)];
}
