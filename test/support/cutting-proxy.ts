import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { portOf } from './ports.js';

/** When a connection is cut: at the first message to the server that holds a text, before or after it is passed on. */
export interface CutAt {
  readonly text: string;
  readonly when: 'before' | 'after';
}

/** Stands between a program and PostgreSQL, and takes the server away at a chosen moment. */
export class CuttingProxy {
  private readonly sockets = new Set<Socket>();
  private cut: CutAt | undefined;
  /** Whether the moment came. */
  wasCut = false;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** @param databaseUrl - of a database behind a Unix socket */
  static async start(databaseUrl: string): Promise<CuttingProxy> {
    const { username, pathname, searchParams } = new URL(databaseUrl.replace('@/', '@localhost/'));
    const socketPath = join(searchParams.get('host') ?? '', `.s.PGSQL.${searchParams.get('port')}`);
    const server = createServer();
    await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
    const port = portOf(server);
    const proxy = new CuttingProxy(server, `postgresql://${username}@127.0.0.1:${port}${pathname}`);
    server.on('connection', (client) => proxy.join(client, connect(socketPath)));
    return proxy;
  }

  /** From now on connections live until the moment, and none can be made after it. */
  cutAt(cut: CutAt | undefined): void {
    this.cut = cut;
    this.wasCut = false;
  }

  async stop(): Promise<void> {
    const closed = new Promise((settle) => this.server.close(settle));
    this.end();
    await closed;
  }

  private join(client: Socket, upstream: Socket): void {
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        client.destroy();
        if (!upstream.writableEnded) upstream.destroy();
      });
    }
    if (this.wasCut) client.destroy();
    upstream.on('data', (chunk) => this.wasCut || client.write(chunk));
    client.on('data', (chunk) => this.forward(chunk, upstream));
  }

  private forward(chunk: Buffer, upstream: Socket): void {
    const isMoment = this.cut !== undefined && !this.wasCut && chunk.includes(this.cut.text);
    if (!isMoment) upstream.write(chunk);
    else if (this.cut?.when === 'before') this.end();
    else {
      // The server gets the message, acts on it and closes; nobody hears its answer.
      upstream.end(chunk);
      this.end(upstream);
    }
  }

  private end(except?: Socket): void {
    this.wasCut = true;
    for (const socket of this.sockets) if (socket !== except) socket.destroy();
  }
}
