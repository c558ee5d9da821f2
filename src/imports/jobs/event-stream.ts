import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';

export const EVENTS_MEDIA_TYPE = 'text/event-stream';

/**
 * An answer of server-sent events. Only the newest event waits for a client that reads slowly.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class EventStream {
  private waiting: string | undefined;

  private constructor(private readonly response: ServerResponse) {
    response.on('drain', () => {
      const { waiting } = this;
      this.waiting = undefined;
      if (waiting !== undefined) this.write(waiting);
    });
  }

  /** Answers a request with a stream. From here on, Fastify is bypassed. */
  static open({ visit }: FastifyRequest, reply: FastifyReply): EventStream {
    visit?.leave(); // It lasts as long as the import.
    // Proxies such as nginx would keep events back.
    void reply.header('content-type', EVENTS_MEDIA_TYPE).header('x-accel-buffering', 'no');
    reply.hijack();
    const head = Object.entries(reply.getHeaders()).filter(
      (entry): entry is [string, string | number | string[]] => entry[1] !== undefined,
    );
    reply.raw.writeHead(200, Object.fromEntries(head));
    return new EventStream(reply.raw);
  }

  /** @param data - JSON, which has no line breaks */
  send(event: string, data: object): void {
    this.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Shows the client, and proxies, that the stream is alive. */
  beat(): void {
    if (!this.response.writableNeedDrain) this.write(':\n\n');
  }

  /** The answer is complete. */
  end(): void {
    this.response.end(this.waiting ?? '');
  }

  /** @param listener - called when the client has gone, or the answer has ended */
  onClose(listener: () => void): void {
    this.response.once('close', listener);
    if (this.response.destroyed) listener();
  }

  private write(text: string): void {
    if (this.response.destroyed || this.response.writableEnded) return;
    if (this.response.writableNeedDrain) this.waiting = text;
    else this.response.write(text);
  }
}
