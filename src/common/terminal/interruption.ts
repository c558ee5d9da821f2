import { constants } from 'node:os';

/** Ctrl-C, the service manager's stop, and a terminal that is closed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type StopSignal = (typeof SIGNALS)[number];

type Handler = (signal: StopSignal) => void;

/** What a shell reports of a process that a signal ended. */
export function exitStatusOf(signal: StopSignal): number {
  return 128 + constants.signals[signal];
}

/** Thrown by work that was stopped from outside and has put everything back. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  /** @param message - what was asked for, and how things are now */
  constructor(
    message: string,
    readonly signal: StopSignal,
  ) {
    super(message);
  }
}

const handlers: Handler[] = [];
let otherwise: Handler | undefined;
let isListening = false;

function listen(): void {
  if (isListening) return;
  isListening = true;
  for (const signal of SIGNALS) process.on(signal, () => (handlers.at(-1) ?? otherwise ?? leave)(signal));
}

function leave(signal: StopSignal): void {
  process.exit(exitStatusOf(signal));
}

/**
 * Calls back when the process is asked to stop. Of several that wait, the one that was registered last is called.
 *
 * @returns what ends the waiting
 */
export function onInterruption(handler: Handler): () => void {
  listen();
  handlers.push(handler);
  return () => {
    const at = handlers.lastIndexOf(handler);
    if (at >= 0) handlers.splice(at, 1);
  };
}

/** Says what happens where nobody waits; without it the process just ends. */
export function otherwiseOnInterruption(handler: Handler): void {
  listen();
  otherwise = handler;
}

/**
 * Lets work be stopped in the middle. While it runs, the first request to stop does not end the process, but makes
 * {@link Stoppable.check} throw; a second one does.
 */
export class Stoppable {
  private static stopped: StopSignal | undefined;

  private constructor(private readonly message: string) {}

  /**
   * Runs work that can be stopped. Once something was stopped in this process, nothing further begins.
   *
   * @param message - of {@link Interrupted}: what was asked for, and how things are then
   */
  static async run<T>(message: string, work: (stoppable: Stoppable) => Promise<T>): Promise<T> {
    const stoppable = new Stoppable(message);
    const done = onInterruption((signal) => {
      Stoppable.stopped = signal;
      done();
    });
    try {
      stoppable.check();
      return await work(stoppable);
    } finally {
      done();
    }
  }

  /** @throws Interrupted where a stop was asked for */
  check(): void {
    if (Stoppable.stopped !== undefined) throw new Interrupted(this.message, Stoppable.stopped);
  }
}
