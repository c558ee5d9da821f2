import type { ServerResponse } from 'node:http';
import { isFields } from '../../common/domain/json.js';
import type { Fault } from './fault.js';

type Callback = (error?: Error | null) => void;

/**
 * Applies a fault to the body of an answer, at the requested byte. The code that sends the answer is unchanged:
 * it writes to the same response.
 *
 * @param sizeBytes - size of the body
 */
class FaultyBody {
  private readonly at: number;
  private position = 0;
  private struck = false;
  private queue: Promise<void> = Promise.resolve();

  constructor(
    private readonly fault: Fault,
    sizeBytes: number,
    private readonly write: (bytes: Buffer, callback: Callback) => unknown,
    private readonly destroy: () => void,
  ) {
    const last = fault.kind === 'wrong-bytes' ? sizeBytes - 1 : sizeBytes;
    this.at = Math.min(last, Math.floor((sizeBytes * fault.percent) / 100));
  }

  /** Sends pieces in the order in which they arrived. */
  async send(bytes: Buffer): Promise<void> {
    const sending = this.queue.then(async () => await this.sendNow(bytes));
    this.queue = sending.catch(() => undefined);
    await sending;
  }

  private async sendNow(bytes: Buffer): Promise<void> {
    const until = this.at - this.position;
    this.position += bytes.length;
    if (this.struck || until > bytes.length || (until === bytes.length && this.fault.kind !== 'cut'))
      return await this.pass(bytes);
    this.struck = true;
    const before = bytes.subarray(0, until);
    const after = bytes.subarray(until);
    if (this.fault.kind === 'wrong-bytes') return await this.pass(withWrongByte(bytes, until));
    if (before.length > 0) await this.pass(before);
    if (this.fault.kind === 'cut') return this.destroy();
    await new Promise((resolve) => setTimeout(resolve, this.fault.seconds * 1_000));
    await this.pass(after);
  }

  private async pass(bytes: Buffer): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }
}

/** Returns a copy, because the original bytes may be cached for the next answer. */
function withWrongByte(bytes: Buffer, at: number): Buffer {
  const wrong = Buffer.from(bytes);
  wrong[at] = (wrong[at] ?? 0) ^ 0xff;
  return wrong;
}

function bytesOf(chunk: unknown): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  return chunk instanceof Uint8Array
    ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    : Buffer.alloc(0);
}

function lastFunction(values: readonly unknown[]): Callback {
  const found = values.find((value) => typeof value === 'function');
  return (found as Callback | undefined) ?? (() => undefined);
}

/** Node does not keep headers that are passed to `writeHead`, so they are read on the way. */
function contentLength(response: ServerResponse): () => number {
  const writeHead = response.writeHead.bind(response) as (...all: unknown[]) => ServerResponse;
  let length: unknown;
  response.writeHead = (...all: unknown[]): ServerResponse => {
    const headers = all.at(-1);
    if (isFields(headers))
      for (const [name, value] of Object.entries(headers))
        if (name.toLowerCase() === 'content-length') length = value;
    return writeHead(...all);
  };
  return () => Number(length ?? response.getHeader('content-length') ?? 0);
}

/**
 * Applies a fault to the body of a response.
 *
 * @param takeFault - called once, when a body of a known length begins
 */
export function disturbBody(response: ServerResponse, takeFault: () => Fault | undefined): void {
  const write = response.write.bind(response);
  const end = response.end.bind(response);
  const sizeOf = contentLength(response);
  let body: FaultyBody | 'undisturbed' | undefined;
  const bodyOf = (): FaultyBody | 'undisturbed' => {
    const sizeBytes = sizeOf();
    const fault = sizeBytes > 0 && response.req.method !== 'HEAD' ? takeFault() : undefined;
    const destroy = () => response.socket?.destroy();
    return fault
      ? new FaultyBody(fault, sizeBytes, (bytes, done) => write(bytes, done), destroy)
      : 'undisturbed';
  };
  response.write = ((chunk: unknown, ...rest: unknown[]): boolean => {
    body ??= bodyOf();
    if (body === 'undisturbed') return (write as (...all: unknown[]) => boolean)(chunk, ...rest);
    const written = lastFunction(rest);
    body.send(bytesOf(chunk)).then(() => written(), written);
    return true;
  }) as typeof response.write;
  response.end = ((chunk?: unknown, ...rest: unknown[]): ServerResponse => {
    body ??= bodyOf();
    if (body === 'undisturbed') return (end as (...all: unknown[]) => ServerResponse)(chunk, ...rest);
    const finish = () => void (end as (...all: unknown[]) => ServerResponse)();
    // An error here comes from the connection that the fault has cut, so there is nothing to report.
    body.send(bytesOf(chunk)).then(finish, finish);
    return response;
  }) as typeof response.end;
}
