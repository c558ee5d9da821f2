import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** An answer that a device received. */
export interface Served {
  readonly path: string;
  readonly status: number;
  /** Size of the body. */
  readonly bytes: number;
}

/** A relay between devices and a store on the same machine: it forwards and counts everything. */
export class CountingRelay {
  served: Served[] = [];
  /** Paths of answers in which the relay changes one byte. */
  corrupts: RegExp | undefined;

  private constructor(
    private readonly server: Server,
    private readonly storePort: number,
  ) {}

  /** @param port - the port for devices */
  static async start(port: number, storePort: number): Promise<CountingRelay> {
    const server = createServer();
    const relay = new CountingRelay(server, storePort);
    server.on('request', (asked: IncomingMessage, reply: ServerResponse) => relay.#pass(asked, reply));
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return relay;
  }

  /** The answers to downloads. */
  get downloads(): Served[] {
    return this.served.filter(({ path }) => path.includes('/snaps/download/'));
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  #pass(asked: IncomingMessage, reply: ServerResponse): void {
    const path = asked.url ?? '/';
    // The headers are unchanged, because the store's answers refer to the host that the device named.
    const { method, headers } = asked;
    const passed = request(
      { host: '127.0.0.1', port: this.storePort, method, path, headers },
      (answer) => void this.#answer(path, answer, reply),
    );
    passed.on('error', () => reply.destroy());
    asked.pipe(passed);
  }

  async #answer(path: string, answer: IncomingMessage, reply: ServerResponse): Promise<void> {
    const status = answer.statusCode ?? 502;
    reply.writeHead(status, answer.headers);
    let bytes = 0;
    for await (const piece of answer as AsyncIterable<Buffer>) {
      if (this.corrupts?.test(path)) piece[piece.length - 1] = (piece[piece.length - 1] ?? 0) ^ 1;
      bytes += piece.length;
      reply.write(piece);
    }
    this.served.push({ path, status, bytes });
    reply.end();
  }
}
