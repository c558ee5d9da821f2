import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Where something is looked for that was heard last. */
const TAIL_LENGTH = 4_000;

/** A connection by which a test says, and leaves unsaid, what no client library would. */
export class RawConnection {
  isClosed = false;
  private readonly pieces: string[] = [];
  private tail = '';

  private constructor(readonly socket: Socket) {
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.pieces.push(text);
      this.tail = (this.tail + text).slice(-TAIL_LENGTH);
    });
    socket.on('close', () => (this.isClosed = true));
    // A server that ends the connection while something is on its way to it.
    socket.on('error', () => undefined);
  }

  /**
   * @param localAddress - of this machine: another one than 127.0.0.1 is another client's
   * @param options.reads - whether what comes is read
   */
  static async open(port: number, localAddress = '127.0.0.1', { reads = true } = {}): Promise<RawConnection> {
    const socket = connect({ port, host: '127.0.0.1', localAddress });
    const connection = new RawConnection(socket);
    if (!reads) socket.pause();
    await once(socket, 'connect');
    return connection;
  }

  /** What has come, as Latin-1. */
  get heard(): string {
    return this.pieces.join('');
  }

  write(text: string | Buffer): void {
    this.socket.write(text);
  }

  /** What has come by when the server ends the connection. */
  async untilClosed(): Promise<string> {
    if (!this.isClosed) await once(this.socket, 'close');
    return this.heard;
  }

  /** Waits until the end of what has come says so. */
  async untilHeard(text: string | RegExp): Promise<string> {
    const { socket } = this;
    await new Promise<void>((resolve, reject) => {
      const settle = (act: () => void): void => {
        socket.off('data', look).off('close', look);
        act();
      };
      const look = (): void => {
        if (this.tail.match(text)) settle(resolve);
        else if (this.isClosed) settle(() => reject(new Error(`closed after ${JSON.stringify(this.heard)}`)));
      };
      socket.on('data', look).on('close', look);
      look();
    });
    return this.heard;
  }

  /** The status of the first answer. */
  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3}) /.exec(this.heard)?.[1]);
  }

  end(): void {
    this.socket.destroy();
  }
}

/** The head of a request. */
export function head(method: string, path: string, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ Host: 'store.lan', ...headers }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
