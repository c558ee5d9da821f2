import { expect } from 'vitest';
import type { Outcome } from './program.js';
import { runWarm } from './warm-program.js';

/** The command line of one store. */
export class Cli {
  /** @param dataDir - asked for anew by each command, as tests make it only when they begin */
  constructor(private readonly dataDir: () => string) {}

  /** Runs a command to its end. */
  async run(...words: readonly string[]): Promise<Outcome> {
    return await runWarm(['--data', this.dataDir(), ...words]);
  }

  /** Runs a command that must succeed and has nothing to tell but its result. @returns the result */
  async ok(...words: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.run(...words);
    expect({ status, stderr }, words.join(' ')).toEqual({ status: 0, stderr: '' });
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
