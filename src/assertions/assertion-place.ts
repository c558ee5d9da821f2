/** Which point of a sequence is asked for: one number, or the latest. */
export type SequencePoint = number | 'latest';

/** One of several assertions that are asked for together. */
export interface AssertionPlace {
  readonly type: string;
  /** The primary key, or the sequence key where there is a point. */
  readonly key: readonly string[];
  readonly point?: SequencePoint | undefined;
  readonly maxFormat: number;
}
