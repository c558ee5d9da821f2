import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FileProgress } from '../common/terminal/progress.js';
import { RefusedByStore, type StoreConnection } from './store-connection.js';

const TUS = { 'tus-resumable': '1.0.0' };

/** How long it waits before it goes on after a broken connection, in milliseconds; then it gives up. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

/**
 * Uploads files to a store, and goes on where a connection broke.
 *
 * @see the tus protocol, 1.0.0
 */
export class FileUploads {
  constructor(
    private readonly connection: StoreConnection,
    private readonly progress: FileProgress,
  ) {}

  /**
   * @returns the id of the upload
   * @throws StoreError of the store, or `upstream-failed` if it cannot be reached for about a minute
   */
  async send(path: string, sizeBytes: number): Promise<string> {
    const name = basename(path);
    const { location = '' } = await this.connection.headers({
      method: 'POST',
      path: 'uploads',
      headers: {
        ...TUS,
        'upload-length': String(sizeBytes),
        'upload-metadata': `filename ${Buffer.from(name).toString('base64')}`,
      },
    });
    const id = String(location).split('/').at(-1) ?? '';
    this.progress.begin(name, sizeBytes);
    try {
      await this.sendAll(`uploads/${encodeURIComponent(id)}`, path, sizeBytes);
    } finally {
      this.progress.end();
    }
    return id;
  }

  private async sendAll(upload: string, path: string, sizeBytes: number): Promise<void> {
    let offset = 0;
    for (let failures = 0; offset < sizeBytes;) {
      try {
        await this.sendPart(upload, path, offset, sizeBytes);
        return;
      } catch (error) {
        const reached = await this.reached(upload, error, PAUSES_MS[failures]);
        failures = reached > offset ? 0 : failures + 1;
        offset = reached;
      }
    }
  }

  private async sendPart(upload: string, path: string, offset: number, sizeBytes: number): Promise<void> {
    const { progress } = this;
    const counted = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        progress.advance(chunk.length);
        done(null, chunk);
      },
    });
    const file = createReadStream(path, { start: offset, end: sizeBytes - 1 });
    file.once('error', (error) => counted.destroy(error));
    try {
      await this.connection.headers({
        method: 'PATCH',
        path: upload,
        headers: {
          ...TUS,
          'upload-offset': String(offset),
          'content-type': 'application/offset+octet-stream',
          'content-length': String(sizeBytes - offset),
        },
        bytes: file.pipe(counted),
      });
    } finally {
      file.destroy();
    }
  }

  /** Where to go on. @throws the failure, if the store refuses the part or cannot be asked */
  private async reached(upload: string, failure: unknown, pauseMs: number | undefined): Promise<number> {
    if (pauseMs === undefined || isFinal(failure)) throw failure;
    await sleep(pauseMs);
    try {
      const headers = await this.connection.headers({ method: 'HEAD', path: upload, headers: TUS });
      return Number(headers['upload-offset']);
    } catch {
      throw failure;
    }
  }
}

/** Whether asking again does not help. A part at a wrong place (409), and what a unit that stops says, are not final. */
function isFinal(failure: unknown): boolean {
  return failure instanceof RefusedByStore && failure.status < 500 && failure.status !== 409;
}
