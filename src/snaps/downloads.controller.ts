import { Controller, Get, Logger, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BlobStore } from '../blobs/blob-store.js';
import { SnapVisibility, type Asking } from '../brand-stores/snap-visibility.service.js';
import { digestToHex } from '../common/digest.js';
import { pathText } from '../common/query-text.js';
import { StoreError } from '../common/errors.js';
import { matchesEtag } from '../common/etag.js';
import { parseRange, type ByteRange } from './byte-range.js';
import { CatalogueService } from './catalogue.service.js';
import { sendFile } from './send-file.js';
import type { SnapRevision } from './snap.js';

const FILE_NAME = /^([a-zA-Z0-9]{1,64})_([1-9]\d{0,9})\.snap$/;

/** Snap files, whole or from where a broken download stopped. */
@Controller('api/v1/snaps/download')
export class DownloadsController {
  private readonly logger = new Logger(DownloadsController.name);

  constructor(
    private readonly catalogue: CatalogueService,
    private readonly blobs: BlobStore,
    private readonly visibility: SnapVisibility,
  ) {}

  @Get(':file')
  async download(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const name = pathText(request, 'file');
    const revision = await this.findRevision(name, request.deviceSession);
    if (!revision)
      throw new StoreError('not-found', `no file ${JSON.stringify(name.slice(0, 80))} in this store`);
    const etag = `"${digestToHex(revision.digest)}"`;
    void reply.header('etag', etag).header('accept-ranges', 'bytes');
    if (matchesEtag(request.headers['if-none-match'], etag)) {
      void reply.code(304).send();
      return;
    }
    const wanted = rangeOf(request, etag, revision.sizeBytes);
    if (wanted === 'unsatisfiable') {
      void reply.code(416).header('content-range', `bytes */${revision.sizeBytes}`).send();
      return;
    }
    await this.send(request, reply, revision, wanted);
  }

  private async findRevision(name: string, device: Asking): Promise<SnapRevision | undefined> {
    const [, snapId, number] = FILE_NAME.exec(name) ?? [];
    if (snapId === undefined || number === undefined || Number(number) > 0x7fff_ffff) return undefined;
    const revision = await this.catalogue.findDownload(snapId, Number(number));
    return revision && (await this.visibility.isVisible(snapId, device)) ? revision : undefined;
  }

  private async send(
    request: FastifyRequest,
    reply: FastifyReply,
    revision: SnapRevision,
    wanted: ByteRange | 'whole',
  ): Promise<void> {
    const file = await this.openWhole(revision);
    try {
      const range = wanted === 'whole' ? { start: 0, end: revision.sizeBytes } : wanted;
      writeHead(reply, revision, wanted, range);
      if (request.method === 'HEAD' || (await sendFile(reply.raw, file, range))) reply.raw.end();
    } catch (error) {
      this.logger.error(`download of ${revision.snapId}_${revision.revision} stopped: ${String(error)}`);
      reply.raw.destroy();
    } finally {
      await file.close();
    }
  }

  /** Opens the file, so that a missing or short one is an error before the first byte is sent. */
  private async openWhole(revision: SnapRevision): ReturnType<BlobStore['open']> {
    const file = await this.blobs.open(revision.digest).catch((error: unknown) => {
      // The store has the snap: that its file is gone is the store's fault, and for snapd a reason to try again.
      if (!(error instanceof StoreError) || error.code !== 'not-found') throw error;
      throw new StoreError('storage-failed', error.message, { cause: error });
    });
    const { size } = await file.stat();
    if (size === revision.sizeBytes) return file;
    await file.close();
    throw new StoreError(
      'storage-failed',
      `cannot send ${revision.snapId}_${revision.revision}: its file has ${size} bytes, not ${revision.sizeBytes}`,
    );
  }
}

/** A range counts only for the same bytes: RFC 9110, section 13.1.5. snapd resumes without If-Range. */
function rangeOf(request: FastifyRequest, etag: string, sizeBytes: number): ReturnType<typeof parseRange> {
  if (request.method !== 'GET') return 'whole'; // RFC 9110, section 14.2
  const condition = request.headers['if-range'];
  return condition === undefined || condition === etag
    ? parseRange(request.headers.range, sizeBytes)
    : 'whole';
}

/** From here on the response is ours alone: Fastify would put a stream of its own between file and socket. */
function writeHead(
  reply: FastifyReply,
  revision: SnapRevision,
  wanted: ByteRange | 'whole',
  range: ByteRange,
): void {
  void reply
    .header('content-type', 'application/octet-stream')
    .header('content-length', range.end - range.start)
    .header('content-disposition', `attachment; filename="${revision.snapId}_${revision.revision}.snap"`);
  if (wanted !== 'whole')
    void reply.header('content-range', `bytes ${range.start}-${range.end - 1}/${revision.sizeBytes}`);
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
