import { expect } from 'vitest';
import { run, type Outcome } from './program.js';
import { runWarm } from './warm-program.js';

/** What only a process of its own can have. */
export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  /** The standard input. */
  readonly input?: string | Buffer | undefined;
}

/** The command line of one store. */
export class Cli {
  /**
   * @param dataDir - asked for anew by each command, as tests make it only when they begin
   * @param env - of each command, if it is not that of the test: then each command starts a process
   */
  constructor(
    private readonly dataDir: () => string,
    private readonly env?: () => Readonly<Record<string, string>>,
  ) {}

  /** Runs a command to its end. */
  async run(...words: readonly string[]): Promise<Outcome> {
    return this.env ? await this.runWith({}, ...words) : await runWarm(['--data', this.dataDir(), ...words]);
  }

  /** Runs a command to its end in a process of its own. */
  async runWith({ env, input }: Surroundings, ...words: readonly string[]): Promise<Outcome> {
    return await run(['--data', this.dataDir(), ...words], { ...this.env?.(), ...env }, input);
  }

  /** Runs a command that must succeed and has nothing to tell but its result. @returns the result */
  async ok(...words: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(...words);
    expect({ status, stderr }, words.join(' ')).toEqual({ status: 0, stderr: '' });
    return stdout;
  }

  /** Runs a command that must succeed, and that may tell more than its result. @returns the result */
  async done(...words: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(...words);
    expect({ status, stderr }, words.join(' ')).toEqual({
      status: 0,
      stderr: expect.not.stringContaining('error') as string,
    });
    return stdout;
  }

  /** The lines of the result. */
  async lines(...words: readonly string[]): Promise<string[]> {
    return (await this.ok(...words)).split('\n').slice(0, -1);
  }

  /** Runs a command that must be refused in one line. @returns the line, without `error: ` */
  async refused(...words: readonly string[]): Promise<string> {
    return refusalIn(await this.run(...words));
  }
}

/** The one line in which a command was refused, without `error: `. */
export function refusalIn({ status, stdout, stderr }: Outcome): string {
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^error: [^\n]+\n$/);
  return stderr.slice('error: '.length).trim();
}
