import { Body, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiProduces } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoreError } from '../../common/errors.js';
import { clientAddress } from '../../common/http/client-address.js';
import { REQUEST_ID_HEADER } from '../../common/http/problem.view.js';
import { DEFAULT_PAGE_ROWS } from '../../common/limits.js';
import { AdminController, Allow } from '../../management/api/access.decorator.js';
import { readSequence, writeCursor } from '../../management/api/page.js';
import { principalOf } from '../../management/api/principal-of.js';
import { principalKey } from '../../management/principal.js';
import { DEFAULT_CHANNELS } from '../import-options.js';
import { EVENTS_MEDIA_TYPE, EventStream } from './event-stream.js';
import {
  ImportDto,
  ImportPageDto,
  ImportQueryDto,
  ImportWithResultDto,
  NewImportDto,
} from './imports.dto.js';
import { PushJobWatchersService } from './push-job-watchers.service.js';
import type { PushJobOptions } from './push-job.js';
import { pushJobView } from './push-job.view.js';
import { PushJobsService } from './push-jobs.service.js';

/** Imports of uploaded files. */
@AdminController('imports', 'imports')
export class ImportsAdminController {
  constructor(
    private readonly jobs: PushJobsService,
    private readonly watchers: PushJobWatchersService,
  ) {}

  @Post()
  @Allow('operator', 'import')
  @ApiOperation({ summary: 'import uploads, as `push-snap` does; two imports run at the same time' })
  @ApiCreatedResponse({ type: ImportDto })
  async add(
    @Body() wanted: NewImportDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ImportDto> {
    const { kind, name } = principalOf(request);
    const requestId = reply.getHeader(REQUEST_ID_HEADER)?.toString() ?? null;
    const actor = { kind, name, address: clientAddress(request), requestId };
    const job = await this.jobs.add({ actor, uploads: wanted.uploads, options: optionsOf(wanted) });
    void reply.header('location', `imports/${job.id}`);
    return pushJobView(job);
  }

  @Get()
  @Allow('viewer', 'import')
  @ApiOperation({ summary: 'list imports, the newest first' })
  @ApiOkResponse({ type: ImportPageDto })
  async list(@Query() { limit = DEFAULT_PAGE_ROWS, after, state }: ImportQueryDto): Promise<ImportPageDto> {
    const before = after === undefined ? undefined : readSequence(after);
    const jobs = await this.jobs.list(limit + 1, { before, state });
    const items = jobs.slice(0, limit);
    const last = items.at(-1);
    const next = jobs.length > limit && last ? writeCursor(String(last.id)) : null;
    return { items: items.map(pushJobView), next };
  }

  @Get(':id')
  @Allow('viewer', 'import')
  @ApiOperation({ summary: 'one import, and what it brought' })
  @ApiOkResponse({ type: ImportWithResultDto })
  async get(@Param('id') id: string): Promise<ImportWithResultDto> {
    const job = await this.jobs.get(readId(id));
    const result = await this.jobs.result(job.id);
    return { ...pushJobView(job), result: result === undefined ? null : (JSON.parse(result) as unknown) };
  }

  @Post(':id/cancel')
  @Allow('operator', 'import')
  @HttpCode(200)
  @ApiOperation({ summary: 'cancel an import that waits or runs; what it has committed stays' })
  @ApiOkResponse({ type: ImportDto })
  async cancel(@Param('id') id: string, @Req() request: FastifyRequest): Promise<ImportDto> {
    return pushJobView(await this.jobs.cancel(readId(id), principalKey(principalOf(request))));
  }

  @Get(':id/events')
  @Allow('viewer', 'import')
  @ApiOperation({ summary: 'the progress of an import, as server-sent events, until it is over' })
  @ApiProduces(EVENTS_MEDIA_TYPE)
  @ApiOkResponse({ schema: { type: 'string' } })
  async events(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.watchers.watch(readId(id), principalOf(request), () => EventStream.open(request, reply));
  }
}

function readId(text: string): number {
  if (/^[1-9]\d{0,15}$/.test(text)) return Number(text);
  throw new StoreError(
    'not-found',
    `cannot find import ${JSON.stringify(text.slice(0, 80))}: give the id of an import`,
  );
}

function optionsOf(wanted: NewImportDto): PushJobOptions {
  return {
    channels: wanted.channels ?? DEFAULT_CHANNELS,
    pushChannelMap: wanted['push-channel-map'] ?? false,
    newTrack: wanted['new-track'] ?? false,
    store: wanted.store,
    isStoreExport: wanted['store-export'] ?? false,
    dryRun: wanted['dry-run'] ?? false,
  };
}
