import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Target } from './target.js';

/** The answer. */
export interface Answer {
  readonly status: number;
  readonly bodyBytes: number;
  /** The start of the body. */
  readonly body: string;
}

const KEPT_BODY_BYTES = 4_096;
const MAX_HEAD_BYTES = 64 << 10;
const NOTHING = Buffer.alloc(0);
const HEAD_END = Buffer.from('\r\n\r\n');
const LINE_END = Buffer.from('\r\n');

type Part = 'head' | 'body' | 'chunk-size' | 'chunk' | 'until-close';

/** Reads answers from a connection, as cheaply as possible: attackers share the machine with the server. */
class AnswerReader {
  private part: Part = 'head';
  private pending = NOTHING;
  private remaining = 0;
  private status = 0;
  private bodyBytes = 0;
  private body = '';

  /** @param isHead - whether the next answer is to HEAD and has no body */
  constructor(
    private readonly isHead: () => boolean,
    private readonly onAnswer: (answer: Answer) => void,
  ) {}

  push(chunk: Buffer): void {
    let rest = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    this.pending = NOTHING;
    while (rest.length > 0) {
      const next = this.step(rest);
      if (next === undefined) {
        if (rest.length > MAX_HEAD_BYTES) throw new Error('the head of an answer does not end');
        this.pending = Buffer.from(rest);
        return;
      }
      rest = next;
    }
  }

  close(): void {
    if (this.part === 'until-close') this.finish();
  }

  /** @returns the remaining bytes, or undefined if more bytes are needed */
  private step(rest: Buffer): Buffer | undefined {
    switch (this.part) {
      case 'head':
        return this.readHead(rest);
      case 'chunk-size':
        return this.readChunkSize(rest);
      case 'until-close':
        return this.take(rest, rest.length);
      case 'body':
      case 'chunk': {
        const length = Math.min(this.remaining, rest.length);
        this.remaining -= length;
        const left = this.take(rest, length);
        if (this.remaining === 0) this.endOfPart();
        return left;
      }
    }
  }

  private take(rest: Buffer, length: number): Buffer {
    if (this.bodyBytes < KEPT_BODY_BYTES)
      this.body += rest.toString('latin1', 0, Math.min(length, KEPT_BODY_BYTES));
    this.bodyBytes += length;
    return rest.subarray(length);
  }

  private endOfPart(): void {
    if (this.part === 'chunk') this.part = 'chunk-size';
    else this.finish();
  }

  private readHead(rest: Buffer): Buffer | undefined {
    const end = rest.indexOf(HEAD_END);
    if (end < 0) return undefined;
    const head = rest.toString('latin1', 0, end);
    const left = rest.subarray(end + HEAD_END.length);
    this.status = Number(head.slice(9, 12));
    if (this.status < 200) return left;
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    const isEmpty = this.isHead() || this.status === 204 || this.status === 304 || length === '0';
    if (isEmpty) this.finish();
    else if (length !== undefined) {
      this.part = 'body';
      this.remaining = Number(length);
    } else this.part = /\r\ntransfer-encoding: *chunked/i.test(head) ? 'chunk-size' : 'until-close';
    return left;
  }

  private readChunkSize(rest: Buffer): Buffer | undefined {
    const end = rest.indexOf(LINE_END);
    if (end < 0) return undefined;
    const size = Number.parseInt(rest.toString('latin1', 0, end), 16);
    if (size === 0) {
      if (rest.length < end + 4) return undefined;
      this.finish();
      return rest.subarray(end + 4);
    }
    this.part = 'chunk';
    // Including the line end that follows it.
    this.remaining = size + LINE_END.length;
    return rest.subarray(end + LINE_END.length);
  }

  private finish(): void {
    const { status, bodyBytes, body } = this;
    this.part = 'head';
    this.bodyBytes = 0;
    this.body = '';
    this.onAnswer({ status, bodyBytes, body });
  }
}

interface Asked {
  readonly isHead: boolean;
  readonly settle: (answer: Answer | undefined) => void;
}

/** One connection that sends the given bytes unchanged and reads the answers. */
export class RawConnection {
  private readonly asked: Asked[] = [];
  private readonly reader = new AnswerReader(
    () => this.asked[0]?.isHead === true,
    (answer) => this.asked.shift()?.settle(answer),
  );
  readonly closed: Promise<void>;

  private constructor(readonly socket: Socket) {
    this.closed = new Promise((settle) => {
      socket.once('close', () => {
        this.reader.close();
        for (const { settle: miss } of this.asked.splice(0)) miss(undefined);
        settle();
      });
    });
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => this.reader.push(chunk));
  }

  /** @returns undefined if the connection is refused */
  static async open(
    { host, port, tls }: Pick<Target, 'host' | 'port' | 'tls'>,
    localAddress: string,
  ): Promise<RawConnection | undefined> {
    const plain = connectPlain({ host, port, localAddress, noDelay: true });
    plain.on('error', () => undefined);
    const socket = tls ? connectTls({ socket: plain, rejectUnauthorized: false }) : plain;
    const connection = new RawConnection(socket);
    const opened = new Promise<boolean>((settle) =>
      socket.once(tls ? 'secureConnect' : 'connect', () => settle(true)),
    );
    return (await Promise.race([opened, connection.closed.then(() => false)])) ? connection : undefined;
  }

  get isOpen(): boolean {
    return !this.socket.destroyed;
  }

  /** Sends a request. @returns undefined if the connection closes before the answer's end */
  async ask(bytes: Buffer): Promise<Answer | undefined> {
    if (!this.isOpen) return undefined;
    return await new Promise((settle) => {
      this.asked.push({ isHead: bytes.subarray(0, 5).toString('latin1') === 'HEAD ', settle });
      this.socket.write(bytes);
    });
  }

  /** Sends bytes, and reads nothing afterwards. */
  sendUnread(bytes: Buffer): void {
    this.socket.pause();
    this.socket.write(bytes);
  }

  end(): void {
    this.socket.destroy();
  }
}
