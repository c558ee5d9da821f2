import { Controller, Get, Logger, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BlobStoreService } from '../../blobs/blob-store.service.js';
import { SnapVisibilityService, type Asking } from '../../brand-stores/snap-visibility.service.js';
import { CatalogueService } from '../../catalogue/catalogue.service.js';
import { ComponentsRepository } from '../../catalogue/components.repository.js';
import { digestToHex } from '../../common/crypto/digest.js';
import { MAX_INTEGER } from '../../common/domain/words.js';
import { StoreError } from '../../common/errors.js';
import { sayWhoseAnswer } from '../../common/http/cache-headers.js';
import { isNotModified, rangeCounts, type Validators } from '../../common/http/preconditions.js';
import { pathText } from '../../common/http/query-text.js';
import { DeltaIndexService } from '../../deltas/delta-index.service.js';
import { deltaFileName, type Delta } from '../../deltas/delta.js';
import { parseRange, type ByteRange } from './byte-range.js';
import { sendFile } from './send-file.js';

const FILE_NAME = /^([a-zA-Z0-9]{1,64})_([1-9]\d{0,9})(?:\.snap|_([1-9]\d{0,9})_xdelta3\.delta)$/;
const COMPONENT_NAME = /^([a-zA-Z0-9]{1,64})\.([a-z0-9-]{1,40})_([1-9]\d{0,9})\.comp$/;

/** A file that can be downloaded. */
interface ServedFile {
  readonly name: string;
  readonly snapId: string;
  /** SHA3-384, 48 bytes. */
  readonly digest: Buffer;
  readonly sizeBytes: number;
  /** Of a delta, nobody noted it. */
  readonly createdAt?: Date;
  /** Where it is one. */
  readonly delta?: Delta;
}

/** Files of snaps and components, and deltas, whole or from where a broken download stopped. */
@Controller('api/v1/snaps/download')
export class DownloadsController {
  private readonly logger = new Logger(DownloadsController.name);

  constructor(
    private readonly catalogue: CatalogueService,
    private readonly blobs: BlobStoreService,
    private readonly visibility: SnapVisibilityService,
    private readonly deltas: DeltaIndexService,
    private readonly components: ComponentsRepository,
  ) {}

  @Get(':file')
  async download(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const name = pathText(request, 'file');
    const served =
      (await this.find(name, request.deviceSession)) ??
      (await this.findComponent(name, request.deviceSession));
    const isForAll = served !== undefined && (await this.visibility.isVisible(served.snapId, null, true));
    // What everybody gets, caches may keep for everybody; of the rest, they know that it depends on who asks.
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

  /** A delta is found where its target is: who may have the one may have the other. */
  private async find(name: string, device: Asking): Promise<ServedFile | undefined> {
    const [, snapId = '', first = '', second] = FILE_NAME.exec(name) ?? [];
    const [source, target] = second === undefined ? [undefined, first] : [Number(first), second];
    if (snapId === '' || Number(target) > MAX_INTEGER) return undefined;
    const revision = await this.catalogue.findDownload(snapId, Number(target));
    // Asked of what is not there as well: whether a snap is hidden must not show in what it costs.
    const isVisible = await this.visibility.isVisible(snapId, device, revision !== undefined);
    if (!revision || !isVisible) return undefined;
    if (source === undefined) return { ...pick(revision), createdAt: revision.createdAt, name, snapId };
    const delta = this.deltas.find(snapId, source, Number(target));
    return delta && { ...pick(delta), name: deltaFileName(delta), snapId, delta };
  }

  private async findComponent(name: string, device: Asking): Promise<ServedFile | undefined> {
    const [, snapId = '', component = '', revision = ''] = COMPONENT_NAME.exec(name) ?? [];
    if (snapId === '' || Number(revision) > MAX_INTEGER) return undefined;
    const found = await this.components.find(snapId, component, Number(revision));
    const isVisible = await this.visibility.isVisible(snapId, device, found !== undefined);
    return found && isVisible ? { ...pick(found), createdAt: found.createdAt, name, snapId } : undefined;
  }

  private async send(
    request: FastifyRequest,
    reply: FastifyReply,
    served: ServedFile,
    wanted: ByteRange | 'whole',
  ): Promise<void> {
    // That a delta's file is gone is a reason to take the whole snap at once.
    const otherwise = served.delta ? 'not-found' : 'storage-failed';
    const file = await this.blobs.openWhole(served.digest, served.sizeBytes, otherwise);
    if (served.delta && request.method === 'GET') this.deltas.noteUsed(served.delta);
    try {
      const range = wanted === 'whole' ? { start: 0, end: served.sizeBytes } : wanted;
      writeHead(reply, served, wanted, range);
      request.visit?.leave(); // How long it takes from here on is the client's affair.
      if (request.method === 'HEAD' || (await sendFile(reply.raw, file, range))) reply.raw.end();
    } catch (error) {
      this.logger.error(`download of ${served.name} stopped: ${String(error)}`);
      reply.raw.destroy();
    } finally {
      await file.close();
    }
  }
}

function pick({ digest, sizeBytes }: Pick<ServedFile, 'digest' | 'sizeBytes'>) {
  return { digest, sizeBytes };
}

/** A range counts only for the same bytes. snapd resumes without If-Range. */
function rangeOf(
  request: FastifyRequest,
  validators: Validators,
  sizeBytes: number,
): ReturnType<typeof parseRange> {
  if (request.method !== 'GET') return 'whole'; // RFC 9110, section 14.2
  return rangeCounts(request, validators) ? parseRange(request.headers.range, sizeBytes) : 'whole';
}

/** From here on the response is ours alone: Fastify would put a stream of its own between file and socket. */
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
