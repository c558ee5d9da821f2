import { Get, Logger, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { digestToHex } from '../../common/crypto/digest.js';
import { StoreError } from '../../common/errors.js';
import { sayWhoseAnswer } from '../../common/http/cache-headers.js';
import { isNotModified, rangeCounts, type Validators } from '../../common/http/preconditions.js';
import { pathText } from '../../common/http/query-text.js';
import { parseRange, type ByteRange } from './byte-range.js';
import type { DownloadsService, ServedFile } from './downloads.service.js';
import { sendFile } from './send-file.js';

/**
 * Sends files of snaps and components, and deltas, whole or from the point where a download broke. Controllers define
 * the path.
 */
export abstract class DownloadRoutes {
  private readonly logger = new Logger(DownloadRoutes.name);

  protected abstract readonly downloads: DownloadsService;

  @Get(':file')
  async download(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const name = pathText(request, 'file');
    const served = await this.downloads.find(name, request.deviceSession ?? undefined);
    const isForAll = served !== undefined && (await this.downloads.isForAll(served));
    // Caches may keep public files for everybody. For others, they learn that the answer depends on the session.
    if (!isForAll) sayWhoseAnswer(request, reply, undefined, served && true);
    if (!served)
      throw new StoreError('not-found', `no file ${JSON.stringify(name.slice(0, 80))} in this store`);
    const validators = { etag: `"${digestToHex(served.digest)}"`, lastModified: served.createdAt };
    void reply.header('accept-ranges', 'bytes');
    if (isNotModified(request, reply, validators)) return;
    const wanted = rangeOf(request, validators, served.sizeBytes);
    if (wanted === 'unsatisfiable') {
      void reply.code(416).header('content-range', `bytes */${served.sizeBytes}`).send();
      return;
    }
    await this.send(request, reply, served, wanted);
  }

  private async send(
    request: FastifyRequest,
    reply: FastifyReply,
    served: ServedFile,
    wanted: ByteRange | 'whole',
  ): Promise<void> {
    const file = await this.downloads.open(served);
    if (request.method === 'GET') this.downloads.noteFetched(served);
    try {
      const range = wanted === 'whole' ? { start: 0, end: served.sizeBytes } : wanted;
      writeHead(reply, served, wanted, range);
      request.visit?.leave(); // From here on, the client determines the duration.
      if (
        request.method === 'HEAD' ||
        (await sendFile(reply.raw, file, range, this.downloads.sentOf(served)))
      )
        reply.raw.end();
    } catch (error) {
      this.logger.error(`download of ${served.name} stopped: ${String(error)}`);
      reply.raw.destroy();
    } finally {
      await file.close();
    }
  }
}

/** A range applies only to the same bytes. snapd resumes without If-Range. */
function rangeOf(
  request: FastifyRequest,
  validators: Validators,
  sizeBytes: number,
): ReturnType<typeof parseRange> {
  if (request.method !== 'GET') return 'whole'; // RFC 9110, section 14.2
  return rangeCounts(request, validators) ? parseRange(request.headers.range, sizeBytes) : 'whole';
}

/** From here on, Fastify is bypassed: it would put a stream of its own between file and socket. */
function writeHead(
  reply: FastifyReply,
  served: ServedFile,
  wanted: ByteRange | 'whole',
  range: ByteRange,
): void {
  void reply
    .header('content-type', 'application/octet-stream')
    .header('content-length', range.end - range.start)
    .header('content-disposition', `attachment; filename="${served.name}"`);
  if (wanted !== 'whole')
    void reply.header('content-range', `bytes ${range.start}-${range.end - 1}/${served.sizeBytes}`);
  reply.hijack();
  reply.raw.writeHead(
    wanted === 'whole' ? 200 : 206,
    Object.fromEntries(
      Object.entries(reply.getHeaders()).filter(
        (entry): entry is [string, string | number | string[]] => entry[1] !== undefined,
      ),
    ),
  );
}
