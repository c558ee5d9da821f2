import { Delete, Get, Head, HttpCode, Options, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiHeader,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoreError } from '../../common/errors.js';
import { STREAMED_MEDIA_TYPE } from '../../common/http/streamed-body.js';
import { AdminController, Allow } from '../../management/api/access.decorator.js';
import { PageQueryDto } from '../../management/api/page.dto.js';
import { pageOf } from '../../management/api/page.js';
import { principalOf } from '../../management/api/principal-of.js';
import { principalKey } from '../../management/principal.js';
import {
  checkVersion,
  readBytes,
  readChecksum,
  readMetadata,
  TUS_CHECKSUMS,
  TUS_EXTENSIONS,
  TUS_VERSION,
} from './tus.js';
import type { Upload } from './upload.js';
import { uploadView } from './upload.view.js';
import { UploadDto, UploadPageDto } from './uploads.dto.js';
import { UploadsService } from './uploads.service.js';

const TUS_HEADER = ApiHeader({ name: 'Tus-Resumable', required: true, schema: { enum: [TUS_VERSION] } });

/** Resumable uploads by the tus protocol, 1.0.0. */
@AdminController('uploads', 'uploads')
export class UploadsAdminController {
  constructor(private readonly uploads: UploadsService) {}

  @Options()
  @Allow('operator', 'import')
  @HttpCode(204)
  @ApiOperation({ summary: 'what of the tus protocol the store does' })
  @ApiNoContentResponse()
  async describe(@Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    void reply
      .header('tus-resumable', TUS_VERSION)
      .header('tus-version', TUS_VERSION)
      .header('tus-extension', TUS_EXTENSIONS)
      .header('tus-checksum-algorithm', TUS_CHECKSUMS)
      .header('tus-max-size', String(await this.uploads.maxBytes()));
  }

  @Post()
  @Allow('operator', 'import')
  @ApiOperation({ summary: 'begin an upload; Location is where its bytes go' })
  @TUS_HEADER
  @ApiHeader({ name: 'Upload-Length', required: true, description: 'bytes of the whole file' })
  @ApiHeader({
    name: 'Upload-Metadata',
    required: true,
    description: '`filename` and the name of the file in Base64',
  })
  @ApiCreatedResponse({ type: UploadDto })
  async begin(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UploadDto> {
    const headers = tusHeaders(request, reply);
    if (Number(headers['content-length'] ?? 0) > 0)
      throw new StoreError(
        'invalid-request',
        'cannot begin an upload with its bytes: send them with PATCH to where Location says',
      );
    const metadata = readMetadata(headers);
    const upload = await this.uploads.begin(keyOf(request), metadata, readBytes(headers, 'Upload-Length'));
    // Relative to this URL, which a proxy may have changed.
    void reply
      .header('location', `uploads/${upload.id}`)
      .header('upload-expires', upload.expiresAt.toUTCString());
    return uploadView(upload);
  }

  @Get()
  @Allow('operator', 'import')
  @ApiOperation({ summary: 'list your uploads that are not imported yet' })
  @ApiOkResponse({ type: UploadPageDto })
  async list(@Query() page: PageQueryDto, @Req() request: FastifyRequest): Promise<UploadPageDto> {
    const { items, next } = pageOf(await this.uploads.list(keyOf(request)), page, ({ id }) => id);
    return { items: items.map(uploadView), next };
  }

  // Before GET, which answers HEAD where nothing else does.
  @Head(':id')
  @Allow('operator', 'import')
  @ApiOperation({ summary: 'where to go on with an upload; ends a part that still arrives' })
  @TUS_HEADER
  @ApiOkResponse()
  async offset(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    tusHeaders(request, reply);
    const upload = await this.uploads.getToResume(keyOf(request), id);
    sayOffset(reply, upload);
    void reply.header('upload-length', String(upload.lengthBytes)).header('upload-metadata', upload.metadata);
  }

  @Get(':id')
  @Allow('operator', 'import')
  @ApiOperation({ summary: 'one of your uploads' })
  @ApiOkResponse({ type: UploadDto })
  async get(@Param('id') id: string, @Req() request: FastifyRequest): Promise<UploadDto> {
    return uploadView(await this.uploads.get(keyOf(request), id));
  }

  @Patch(':id')
  @Allow('operator', 'import')
  @HttpCode(204)
  @ApiOperation({ summary: 'send the next part of a file' })
  @TUS_HEADER
  @ApiHeader({ name: 'Upload-Offset', required: true, description: 'where in the file the part begins' })
  @ApiHeader({ name: 'Upload-Checksum', required: false, description: `${TUS_CHECKSUMS}, and Base64` })
  @ApiConsumes(STREAMED_MEDIA_TYPE)
  @ApiBody({ schema: { type: 'string', format: 'binary' } })
  @ApiNoContentResponse()
  async append(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const headers = tusHeaders(request, reply);
    if (headers['content-type'] !== STREAMED_MEDIA_TYPE)
      throw new StoreError(
        'unsupported-media-type',
        `cannot read the part: send it with Content-Type: ${STREAMED_MEDIA_TYPE}`,
      );
    const { raw } = request;
    const upload = await this.uploads.append(keyOf(request), id, {
      offset: readBytes(headers, 'Upload-Offset'),
      lengthBytes: Number(headers['content-length'] ?? 0),
      checksum: readChecksum(headers),
      source: raw as AsyncIterable<Buffer>,
      cut: () => void raw.destroy(),
    });
    sayOffset(reply, upload);
  }

  @Delete(':id')
  @Allow('operator', 'import')
  @HttpCode(204)
  @ApiOperation({ summary: 'delete an upload' })
  @TUS_HEADER
  @ApiNoContentResponse()
  async remove(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    tusHeaders(request, reply);
    await this.uploads.remove(keyOf(request), id);
  }
}

function keyOf(request: FastifyRequest): string {
  return principalKey(principalOf(request));
}

/** Every answer says the version; a request of another one is told ours. */
function tusHeaders({ headers }: FastifyRequest, reply: FastifyReply): FastifyRequest['headers'] {
  void reply.header('tus-resumable', TUS_VERSION).header('tus-version', TUS_VERSION);
  checkVersion(headers);
  return headers;
}

function sayOffset(reply: FastifyReply, { receivedBytes, expiresAt }: Upload): void {
  void reply.header('upload-offset', String(receivedBytes)).header('upload-expires', expiresAt.toUTCString());
}
