import { join } from 'node:path';
import { SNAPD_PROGRAMS, requirePrepared, runOrThrow } from './programs.js';

/** One question to `asserts-oracle`: is the subject acceptable to a device that knows this? Both are streams. */
export interface OracleCase {
  readonly name: string;
  readonly known: Buffer;
  readonly subject: Buffer;
}

/** What snapd's own code says of the subject. */
export interface Verdict {
  readonly name: string;
  readonly decoded: readonly {
    readonly type: string;
    readonly primaryKey: readonly string[];
    readonly revision: number;
    readonly format: number;
  }[];
  /** Empty where all of it was accepted. */
  readonly refusedAt: '' | 'decode' | 'check';
  readonly error: string;
}

/**
 * Asks snapd's own code about all the cases, with one process.
 *
 * @param trusted - stream of the roots
 * @returns the verdicts by the name of their case
 * @throws Error where the program refuses the question itself: what is to be known must be acceptable
 */
export async function askOracle(
  trusted: Buffer,
  cases: readonly OracleCase[],
): Promise<ReadonlyMap<string, Verdict>> {
  const program = requirePrepared(join(SNAPD_PROGRAMS, 'asserts-oracle'));
  const request = {
    trusted: trusted.toString('base64'),
    cases: cases.map(({ name, known, subject }) => ({
      name,
      known: known.toString('base64'),
      subject: subject.toString('base64'),
    })),
  };
  const answer = await runOrThrow(program, [], { input: JSON.stringify(request) });
  const verdicts = new Map((JSON.parse(answer) as Verdict[]).map((verdict) => [verdict.name, verdict]));
  if (verdicts.size !== cases.length) throw new Error('two cases have the same name');
  return verdicts;
}
