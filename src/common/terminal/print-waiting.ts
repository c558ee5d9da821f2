import { printNote } from './terminal.js';

/** What a stopping server waits for. */
export interface Waiting {
  /** Requests that are being answered, mostly downloads. */
  readonly requests: number;
  readonly graceSeconds: number;
}

/** Tells whoever stopped a server why it has not ended yet. */
export function printWaiting({ requests, graceSeconds }: Waiting): void {
  const what = requests === 1 ? '1 request that is' : `${requests} requests that are`;
  printNote(
    `Stopping: waiting for ${what} being answered, ${graceSeconds} seconds at most; Ctrl-C again stops now.`,
  );
}
