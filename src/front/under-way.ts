import type { ServerResponse } from 'node:http';

/** Counts the requests that are being answered. A download counts until its last byte. */
export class UnderWay {
  private open = 0;

  get count(): number {
    return this.open;
  }

  /** @param response - of a request that is about to be answered */
  enter(response: ServerResponse): void {
    this.open += 1;
    response.once('close', () => (this.open -= 1));
  }
}
