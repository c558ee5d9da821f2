/** Number of a revision with its snap. */
export interface RevisionRef {
  readonly snapId: string;
  readonly revision: number;
}

/** What a revision is called where its snap's name does not count; also how the names of files begin. */
export function revisionKey({ snapId, revision }: RevisionRef): string {
  return `${snapId}_${revision}`;
}

/** Revisions as two lists, for a query that unnests them. */
export function refColumns(refs: readonly RevisionRef[]): [snapIds: string[], revisions: number[]] {
  return [refs.map(({ snapId }) => snapId), refs.map(({ revision }) => revision)];
}
