import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { readChunks } from '../blobs/copy-hashed.js';
import { StoreError } from '../common/errors.js';
import { PRIVATE_FILE } from '../common/files/private-files.js';
import type { FileProgress } from '../common/terminal/progress.js';
import type { OutgoingStream } from '../outgoing/outgoing-connection.js';
import { isPassing } from '../outgoing/outgoing-failure.js';
import { isRetryStatus } from '../outgoing/retry.service.js';
import { explainDisk } from './partial-files.js';
import type { OfferedFile } from './refresh-answer.js';
import type { UpstreamClient } from './upstream-client.js';

/** An interruption after which the download can continue where it stopped. */
class Interrupted extends Error {
  constructor(
    message: string,
    readonly retryAfter?: string,
  ) {
    super(message);
  }
}

/** Downloads one file. If the connection breaks, the download continues where it stopped. */
export class FileDownload {
  private hash: Hash = createHash('sha3-384');
  private haveBytes = 0;
  constructor(
    private readonly client: UpstreamClient,
    /** The name in messages: `snap jq revision 7`. */
    private readonly label: string,
    private readonly offer: OfferedFile,
    private readonly architecture: string,
    private readonly progress: FileProgress,
  ) {}

  /**
   * Downloads the missing part of a file. Bytes from an earlier download are kept if they match.
   *
   * @throws StoreError `upstream-failed` if it cannot be downloaded, `invalid-snap` if it is a different file,
   *   `storage-failed` if it cannot be written
   */
  async into(path: string): Promise<void> {
    let file: FileHandle | undefined;
    try {
      file = await open(path, 'a+', PRIVATE_FILE);
      const presentBytes = await this.readPresent(file);
      this.progress.begin(this.label, this.offer.sizeBytes, presentBytes);
      await this.complete(file);
      if (!this.isRight() && presentBytes > 0) {
        // The bytes from the earlier download may be wrong.
        await this.startOver(file);
        await this.complete(file);
      }
      if (!this.isRight()) {
        await file.truncate(0);
        throw new StoreError(
          'invalid-snap',
          `cannot fetch ${this.label}: the downloaded file does not match its assertion`,
        );
      }
      await file.sync();
    } catch (error) {
      throw explainDisk(path, error);
    } finally {
      this.progress.end();
      await file?.close();
    }
  }

  private isRight(): boolean {
    return this.hash.copy().digest().equals(this.offer.digest);
  }

  private async readPresent(file: FileHandle): Promise<number> {
    const { size } = await file.stat();
    if (size > this.offer.sizeBytes) await file.truncate(0);
    else for await (const chunk of readChunks(file)) this.take(chunk);
    return this.haveBytes;
  }

  private async startOver(file: FileHandle): Promise<void> {
    await file.truncate(0);
    this.progress.advance(-this.haveBytes);
    this.hash = createHash('sha3-384');
    this.haveBytes = 0;
  }

  private take(chunk: Buffer): void {
    this.hash.update(chunk);
    this.haveBytes += chunk.length;
  }

  /** Received bytes reset the count of attempts: the download fails only if it makes no progress. */
  private async complete(file: FileHandle): Promise<void> {
    for (let attempt = 1; this.haveBytes < this.offer.sizeBytes; attempt += 1) {
      const before = this.haveBytes;
      try {
        await this.readOn(file);
      } catch (error) {
        if (!(error instanceof Interrupted)) throw error;
        if (this.haveBytes > before) attempt = 1;
        const why = `cannot fetch ${this.label}: ${error.message}`;
        if (await this.client.waitFor(attempt, why, error.retryAfter)) continue;
        throw new StoreError('upstream-failed', why, { cause: error });
      }
    }
  }

  private async readOn(file: FileHandle): Promise<void> {
    const reply = await this.ask();
    if (reply.status === 200 && this.haveBytes > 0) await this.startOver(file);
    try {
      for await (const chunk of reply.body) await this.write(file, chunk);
    } catch (error) {
      if (isPassing(error)) throw new Interrupted(`the connection was cut at ${this.haveBytes} bytes`);
      throw error;
    } finally {
      reply.body.destroy();
    }
    if (this.haveBytes < this.offer.sizeBytes)
      throw new Interrupted(`it ended at ${this.haveBytes} of ${this.offer.sizeBytes} bytes`);
  }

  private async ask(): Promise<OutgoingStream> {
    let reply: OutgoingStream;
    try {
      reply = await this.client.download(this.offer.url, this.architecture, this.haveBytes);
    } catch (error) {
      if (error instanceof StoreError && isPassing(error)) throw new Interrupted(error.message);
      throw error;
    }
    const { status, headers, url } = reply;
    const isFromHere = status === 206 && headers['content-range']?.startsWith(`bytes ${this.haveBytes}-`);
    if (status === 200 || isFromHere) return reply;
    reply.body.destroy();
    const answered = `${url.origin} answered ${status === 206 ? 'with another part of the file' : status}`;
    if (isRetryStatus(status)) throw new Interrupted(answered, headers['retry-after']);
    throw new StoreError('upstream-failed', `cannot fetch ${this.label}: ${answered}`);
  }

  private async write(file: FileHandle, chunk: Buffer): Promise<void> {
    if (this.haveBytes + chunk.length > this.offer.sizeBytes)
      throw new StoreError(
        'invalid-snap',
        `cannot fetch ${this.label}: it is longer than ${this.offer.sizeBytes} bytes`,
      );
    // The file is opened for appending: each write goes to the end.
    await file.appendFile(chunk);
    this.take(chunk);
    this.progress.advance(chunk.length);
  }
}
