import { spawn } from 'node:child_process';
import { PROGRAM, programEnvironment, type Outcome } from './program.js';

/** A command whose standard input is a pipe. */
export interface PipedProgram {
  /** Waits until the text stands in what it printed. */
  shown(text: string): Promise<void>;
  type(text: string): void;
  /** Ends the input and waits for the command's end. */
  end(): Promise<Outcome>;
}

export function startPiped(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): PipedProgram {
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    env: programEnvironment(env),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  const listeners = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const listener of listeners) listener();
    });
  }
  // A command may end before it has read everything.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<number | null>((settle) => child.once('close', settle));
  return {
    async shown(text) {
      const isShown = () => output.stdout.includes(text) || output.stderr.includes(text);
      const shown = new Promise<void>((settle) => {
        const look = () => isShown() && settle();
        listeners.add(look);
        look();
      });
      await Promise.race([
        shown,
        ended.then(() => {
          if (!isShown()) throw new Error(`it ended without ${JSON.stringify(text)}: ${output.stderr}`);
        }),
      ]);
    },
    type: (text) => void child.stdin.write(text),
    async end() {
      child.stdin.end();
      return { status: await ended, ...output };
    },
  };
}

/** Runs a command to its end with these lines at its standard input. */
export async function runPiped(
  words: readonly string[],
  input: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const program = startPiped(words, env);
  program.type(input);
  return await program.end();
}
