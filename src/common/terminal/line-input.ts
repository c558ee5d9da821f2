import { StoreError } from '../errors.js';

/** Longest answer to a question, in bytes. */
export const MAX_LINE_BYTES = 4_096;

const NEW_LINE = 0x0a;

/** Lines of a pipe or a file. Each is read only when it is requested. */
export class LineInput {
  private readonly chunks: AsyncIterator<Buffer>;
  private held = Buffer.alloc(0);
  private hasEnded = false;

  constructor(source: AsyncIterable<Buffer>) {
    this.chunks = source[Symbol.asyncIterator]();
  }

  /**
   * @returns the next line without its end; undefined after the last one
   * @throws StoreError `too-large` beyond {@link MAX_LINE_BYTES}
   */
  async next(): Promise<string | undefined> {
    let end = this.held.indexOf(NEW_LINE);
    while (end === -1 && !this.hasEnded && this.held.length <= MAX_LINE_BYTES + 1) {
      await this.readMore();
      end = this.held.indexOf(NEW_LINE);
    }
    if (end === -1 && this.held.length === 0) return undefined;
    const line = (end === -1 ? this.held : this.held.subarray(0, end)).toString('utf8').replace(/\r$/, '');
    if (Buffer.byteLength(line) > MAX_LINE_BYTES)
      throw new StoreError('too-large', `cannot read the answer: it is longer than ${MAX_LINE_BYTES} bytes`);
    this.held = end === -1 ? Buffer.alloc(0) : this.held.subarray(end + 1);
    return line;
  }

  private async readMore(): Promise<void> {
    const { value, done } = await this.chunks.next();
    if (done === true) this.hasEnded = true;
    else this.held = Buffer.concat([this.held, value]);
  }
}
