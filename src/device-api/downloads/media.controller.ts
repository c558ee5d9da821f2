import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { MediaService } from '../../catalogue/media.service.js';
import { StoreError } from '../../common/errors.js';
import { isNotModified } from '../../common/http/preconditions.js';
import { pathText } from '../../common/http/query-text.js';

const FILE_NAME = /^([a-zA-Z0-9]{1,64})_([0-9a-f]{96})\.(?:png|jpg|gif|svg)$/;

/** The content never changes, so clients need not request it again. */
const FOR_EVER = 'public, max-age=31536000, immutable';
/** A picture that is opened directly must not run its scripts. */
const NO_SCRIPTS = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/**
 * The pictures of snaps. snapd requests them without a session, so access cannot be checked. But the URL contains
 * the digest of the picture, which only devices that see the snap receive.
 *
 * @see snapcore/snapd: store/store_download.go, DownloadIcon (a length, not above 300,000 bytes)
 */
@Controller('api/v1/snaps/media')
export class MediaController {
  constructor(private readonly media: MediaService) {}

  @Get(':file')
  async picture(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const name = pathText(request, 'file');
    const [, snapId, digest] = FILE_NAME.exec(name) ?? [];
    const picture =
      snapId === undefined || digest === undefined
        ? undefined
        : await this.media.find(snapId, Buffer.from(digest, 'hex'));
    if (!picture)
      throw new StoreError('not-found', `no picture ${JSON.stringify(name.slice(0, 80))} in this store`);
    void reply
      .header('cache-control', FOR_EVER)
      .header('x-content-type-options', 'nosniff')
      .header('content-security-policy', NO_SCRIPTS);
    if (isNotModified(request, reply, { etag: `"${digest}"` })) return;
    void reply.header('content-type', picture.mediaType).send(await picture.read());
  }
}
