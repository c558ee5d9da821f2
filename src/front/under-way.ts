import type { ServerResponse } from 'node:http';

/** Of the paths whose answers take long, and that a stopping server names. */
const DOWNLOADS = '/api/v1/snaps/download/';

/** Follows the requests that are being answered. A download counts until its last byte. */
export class UnderWay {
  private readonly answers = new Set<ServerResponse>();
  private aborted = 0;
  private stopping = false;
  private onIdle: (() => void) | undefined;
  private readonly onStop: (() => void)[] = [];

  get count(): number {
    return this.answers.size;
  }

  /** Answers that their clients did not take to the end. */
  get abortedCount(): number {
    return this.aborted;
  }

  /** The files that are being downloaded. */
  get downloads(): string[] {
    return [...this.answers].flatMap(({ req: { url = '' } }) =>
      url.startsWith(DOWNLOADS) ? [url.slice(DOWNLOADS.length)] : [],
    );
  }

  /** Whether new requests are refused. */
  get isStopping(): boolean {
    return this.stopping;
  }

  /** @param response - of a request that is about to be answered */
  enter(response: ServerResponse): void {
    this.answers.add(response);
    response.once('close', () => {
      this.answers.delete(response);
      if (!response.writableFinished) this.aborted += 1;
      if (this.answers.size === 0) this.onIdle?.();
    });
  }

  /** Calls back when new requests begin to be refused. */
  whenStopping(callback: () => void): void {
    this.onStop.push(callback);
  }

  /** From now on, new requests are refused. @returns when the last running one is answered */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const callback of this.onStop) callback();
    if (this.answers.size > 0) await new Promise<void>((settle) => (this.onIdle = settle));
  }
}
