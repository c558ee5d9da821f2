import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DEBIANS_PROGRAMS, requirePrepared, runOrThrow } from './programs.js';

/** One question to `asserts-oracle`: is the subject, a stream, acceptable to a device? */
export interface OracleCase {
  readonly name: string;
  readonly subject: Buffer;
  /** Whether it is only decoded: neither its signature nor its consistency is checked. */
  readonly decodeOnly?: boolean;
}

/** What the device trusts and holds before the question: two streams. */
export interface OracleWorld {
  readonly trusted: Buffer;
  readonly known: Buffer;
}

/** The verdict of snapd's own code about the subject. */
export interface Verdict {
  readonly name: string;
  readonly decoded: readonly {
    readonly type: string;
    readonly primaryKey: readonly string[];
    readonly revision: number;
    readonly format: number;
  }[];
  /** Empty if all of it was accepted; `panic` if snapd crashed. */
  readonly refusedAt: '' | 'decode' | 'check' | 'panic';
  readonly error: string;
}

/** snapd's definition of one assertion type. */
export interface OracleType {
  readonly primaryKey: readonly string[];
  readonly maxFormat: number;
}

/** The oracle of Debian's snapd. */
export function oracleProgram(): string {
  return requirePrepared(join(DEBIANS_PROGRAMS, 'asserts-oracle'));
}

/** The oracle of the source that `SNAPD_SOURCE` named for `build-snapd.sh`; undefined if it named none. */
export function newerOracleProgram(): string | undefined {
  const program = join(DEBIANS_PROGRAMS, 'asserts-oracle-newer');
  return existsSync(program) ? program : undefined;
}

/** The types of assertions that snapd knows, by name. */
export async function askForTypes(program: string): Promise<Readonly<Record<string, OracleType>>> {
  const answer = JSON.parse(await runOrThrow(program, ['types'])) as { types: Record<string, OracleType> };
  return answer.types;
}

/** Asks snapd's own code about any number of cases, one after the other, in one process. */
export async function* askInTurn(
  program: string,
  world: OracleWorld,
  cases: Iterable<OracleCase>,
): AsyncGenerator<Verdict, void, void> {
  const child = spawn(program, [], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  const feeding = feed(child.stdin, world, cases);
  // A process that exits early is reported by its exit status, not by its closed input.
  feeding.catch(() => child.stdout.destroy());
  child.stdin.on('error', () => undefined);
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line) as Verdict;
  const [status] = (await ended) as [number | null];
  if (status !== 0) throw new Error(`${program} ended with ${status}`);
  await feeding;
}

async function feed(
  input: NodeJS.WritableStream,
  { trusted, known }: OracleWorld,
  cases: Iterable<OracleCase>,
): Promise<void> {
  input.write(JSON.stringify({ trusted: trusted.toString('base64'), known: known.toString('base64') }));
  for (const { name, subject, decodeOnly = false } of cases) {
    const line = JSON.stringify({ name, subject: subject.toString('base64'), decodeOnly });
    if (!input.write(`\n${line}`)) await once(input, 'drain');
  }
  input.end();
}

/**
 * Asks snapd's own code about all the cases.
 *
 * @returns the verdicts by the name of their case
 * @throws Error if the program refuses the question itself: the known assertions must be valid
 */
export async function askOracle(
  program: string,
  world: OracleWorld,
  cases: readonly OracleCase[],
): Promise<ReadonlyMap<string, Verdict>> {
  const verdicts = new Map<string, Verdict>();
  for await (const verdict of askInTurn(program, world, cases)) verdicts.set(verdict.name, verdict);
  if (verdicts.size !== cases.length) throw new Error('two cases have the same name');
  return verdicts;
}
