import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** The command line as it is installed. */
export const PROGRAM = join(ROOT, 'dist/snap-store-proxy.js');

function modifiedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Builds the program where it is missing or older than its sources. Once for each run: test files share it. */
export function ensureBuilt(): void {
  const sources = ['src', 'scripts', 'assets', 'packaging'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(ROOT, folder, name),
    ),
  );
  const newest = Math.max(
    ...sources
      .filter((path) => !path.endsWith('.test.ts') && !path.includes('/node_modules'))
      .map(modifiedAt),
    modifiedAt(join(ROOT, 'package-lock.json')),
  );
  if (modifiedAt(PROGRAM) < newest)
    execFileSync(process.execPath, [join(ROOT, 'scripts/build.mjs'), '--without-runtime'], {
      cwd: ROOT,
      stdio: 'inherit',
    });
}

/** What a command did. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of a program: this process's own, but for what would change what it prints and where its data is. */
export function programEnvironment(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  // Without NO_COLOR and a terminal the program prints no colours; the parent's own settings must not change that.
  const { FORCE_COLOR: _force, SNAP_STORE_PROXY_DATA: _data, ...inherited } = process.env;
  return { ...inherited, ...more };
}

function start(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  input?: string | Buffer,
): ChildProcess {
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    env: programEnvironment(env),
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  // A program that refuses what it has read so far does not read the rest.
  child.stdin?.on('error', () => undefined).end(input);
  return child;
}

/** What a process says until it ends. */
export async function collect(child: ChildProcess): Promise<Outcome> {
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text: string) => (output[name] += text));
  const status = await new Promise<number | null>((settle) => child.once('close', settle));
  return { status, ...output };
}

/** Runs a command to its end, with `input` as its standard input. */
export async function run(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
  input?: string | Buffer,
): Promise<Outcome> {
  return await collect(start(words, env, input));
}

/** Starts `serve` and waits until it says where. */
export async function serve(
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ url: string; child: ChildProcess; ended: Promise<Outcome> }> {
  const child = start([...words, 'serve'], env);
  const ended = collect(child);
  const url = await new Promise<string>((settle, fail) => {
    let text = '';
    child.stdout?.on('data', (chunk: string) => {
      text += chunk;
      const found = /Serving snaps on (http:[^\s"]+)/.exec(text);
      if (found?.[1] !== undefined) settle(found[1]);
    });
    void ended.then(({ stderr }) => fail(new Error(`serve ended: ${stderr}`)));
  });
  return { url, child, ended };
}

/**
 * Runs a command on a terminal of its own (`script` of util-linux), typing each answer once its question shows.
 *
 * @returns all that the terminal showed
 */
export async function runOnTerminal(
  words: readonly string[],
  answers: readonly (readonly [question: string, typed: string])[],
): Promise<{ status: number | null; shown: string }> {
  const quoted = [process.execPath, PROGRAM, ...words].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  // Of a terminal without a width readline shows every prompt anew with each key.
  const child = spawn('script', ['-qec', `stty cols 120 rows 40; exec ${quoted.join(' ')}`, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const open = [...answers];
  let shown = '';
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    for (let next = open[0]; next; next = open[0]) {
      const [question, typed] = next;
      const at = shown.indexOf(question, seen);
      if (at < 0) return;
      seen = at + question.length;
      open.shift();
      child.stdin.write(typed);
    }
  });
  const status = await new Promise<number | null>((settle) => child.once('close', settle));
  return { status, shown };
}
