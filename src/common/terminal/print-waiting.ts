import { printNote } from './terminal.js';

/** What a server that stops waits for. */
export interface Waiting {
  /** Requests that are being answered, downloads above all. */
  readonly requests: number;
  readonly graceSeconds: number;
}

/** Tells whoever has stopped a server why it is still there. */
export function printWaiting({ requests, graceSeconds }: Waiting): void {
  const what = requests === 1 ? '1 request that is' : `${requests} requests that are`;
  printNote(
    `Stopping: waiting for ${what} being answered, ${graceSeconds} seconds at most; Ctrl-C again stops now.`,
  );
}
