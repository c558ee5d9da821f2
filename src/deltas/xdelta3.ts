import { spawn, type ChildProcess } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { PassThrough, pipeline, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { builtFile } from '../common/files/built-file.js';

/** The program, in Debian's package of the same name. */
export const XDELTA3 = 'xdelta3';

/** A program that runs longer than this for one file is stuck. */
const MAX_WORKING_MS = 60 * 60 * 1_000;

/** How often a running program is paused or resumed. */
const GIVE_WAY_EVERY_MS = 50;

/** The most of a program's error output that is kept. */
const MAX_WORDS = 400;

/** A program failed. */
export class ProgramFailure extends Error {
  override readonly name = 'ProgramFailure';
}

/** The conditions of a program's run. */
export interface Circumstances {
  /** Stops the program. */
  readonly signal: AbortSignal;
  /** Whether other work must not be slowed down: then the program is paused. */
  readonly isBusy: () => Promise<boolean>;
}

/** A running program. */
export interface DeltaWork {
  readonly output: Readable;
  /** Settles when the program has ended. @throws ProgramFailure if it failed or was killed */
  readonly ended: Promise<void>;
  stop(): void;
}

/**
 * Gives the program the lowest priority for processors, and so for the disk too, which Linux derives from it. That
 * is not enough if memory and disk are scarce, so the program is paused while others are busy.
 */
function giveWay(child: ChildProcess, isBusy: Circumstances['isBusy']): void {
  if (child.pid === undefined) return;
  try {
    setPriority(child.pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already.
  }
  let stands = false;
  const timer = setInterval(() => {
    void isBusy().then((busy) => {
      if (busy === stands || child.exitCode !== null || child.signalCode !== null) return;
      stands = busy;
      child.kill(busy ? 'SIGSTOP' : 'SIGCONT');
    });
  }, GIVE_WAY_EVERY_MS).unref();
  child.once('close', () => clearInterval(timer));
}

function start(program: string, words: readonly string[], { signal, isBusy }: Circumstances): DeltaWork {
  const child = spawn(program, words, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Its own variable `XDELTA` would add options.
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
    signal: AbortSignal.any([signal, AbortSignal.timeout(MAX_WORKING_MS)]),
    killSignal: 'SIGKILL',
  });
  giveWay(child, isBusy);
  let said = '';
  child.stderr.on('data', (piece: Buffer) => (said = (said + piece.toString()).slice(-MAX_WORDS)));
  const ended = new Promise<void>((settle, fail) => {
    child.once('error', (error) => fail(new ProgramFailure(error.message, { cause: error })));
    child.once('close', (status, killedBy) => {
      if (status === 0) return settle();
      const how = killedBy === null ? `ended with status ${status}` : `was killed by ${killedBy}`;
      fail(
        new ProgramFailure(`${XDELTA3} ${how}${said === '' ? '' : `: ${said.trim().split('\n').at(-1)}`}`),
      );
    });
  });
  ended.catch(() => undefined); // also thrown to the awaiting caller, unless the output fails first
  // Read from the start: when a program ends, Node discards output that nobody has begun to read.
  const output = pipeline(child.stdout, new PassThrough(), () => undefined);
  return { output, ended, stop: () => void child.kill('SIGKILL') };
}

/**
 * Writes a delta to the output. The memory is limited to the program's windows (64 MiB of the source, 8 MiB of the
 * target), independent of the size of the files.
 *
 * Without names of files and secondary compression: new data in a snap is already compressed, and every
 * xdelta3 can read the result. `-D`: files that look like archives are not unpacked.
 */
export function encode(
  program: string,
  source: string,
  target: string,
  circumstances: Circumstances,
): DeltaWork {
  return start(program, ['-e', '-D', '-A=', '-S', 'none', '-c', '-s', source, target], circumstances);
}

/**
 * Applies a delta as snapd does, without storing the result. Another process hashes it.
 *
 * @returns SHA3-384 of the result, in hex
 * @throws ProgramFailure if the program failed or was killed
 */
export async function digestOfDecoded(
  program: string,
  source: string,
  delta: string,
  circumstances: Circumstances,
): Promise<string> {
  const child = builtFile('threads/output-digest.child.js');
  const words = [child, program, '-d', '-D', '-c', '-s', source, delta];
  const { output, ended } = start(process.execPath, words, circumstances);
  const hex = await text(output);
  await ended;
  return hex;
}
