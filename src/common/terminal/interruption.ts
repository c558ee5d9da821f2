import { constants } from 'node:os';

/** Ctrl-C, a stop by the service manager, and a closed terminal. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type StopSignal = (typeof SIGNALS)[number];

type Handler = (signal: StopSignal) => void;

/** The exit status in a shell for a process that a signal ended. */
export function exitStatusOf(signal: StopSignal): number {
  return 128 + constants.signals[signal];
}

/** Thrown by work that was stopped from outside and has undone its changes. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';

  /** @param message - the request, and the resulting state */
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
 * Calls back when the process is asked to stop. If there are several callbacks, the last one registered is
 * called.
 *
 * @returns a function that removes the callback
 */
export function onInterruption(handler: Handler): () => void {
  listen();
  handlers.push(handler);
  return () => {
    const at = handlers.lastIndexOf(handler);
    if (at >= 0) handlers.splice(at, 1);
  };
}

/** Sets what happens without a callback. By default the process just ends. */
export function otherwiseOnInterruption(handler: Handler): void {
  listen();
  otherwise = handler;
}

/**
 * Lets work be stopped in the middle. While it runs, the first stop request does not end the process, but makes
 * {@link Stoppable.check} throw. A second one ends the process.
 */
export class Stoppable {
  private static stopped: StopSignal | undefined;

  private constructor(
    private readonly message: string,
    private readonly stop?: AbortSignal,
  ) {}

  /**
   * Runs work that can be stopped. After a stop in this process, no further work starts.
   *
   * @param message - of {@link Interrupted}: the request, and the resulting state
   * @param stop - stops the work, instead of a stop of the process: for one piece of work of several
   */
  static async run<T>(
    message: string,
    work: (stoppable: Stoppable) => Promise<T>,
    stop?: AbortSignal,
  ): Promise<T> {
    if (stop) {
      stop.throwIfAborted();
      return await work(new Stoppable(message, stop));
    }
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

  /** @throws Interrupted if a stop was requested; the signal's reason if it has one */
  check(): void {
    if (this.stop) return this.stop.throwIfAborted();
    if (Stoppable.stopped !== undefined) throw new Interrupted(this.message, Stoppable.stopped);
  }
}
