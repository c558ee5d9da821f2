import { Body, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseSnapName } from '../../catalogue/snap-name.js';
import { parseChannel } from '../../channels/channel.js';
import { parseEnd } from '../../common/end-time.js';
import { DEFAULT_PAGE_ROWS } from '../../common/limits.js';
import { parseGroupName } from '../../groups/device-group.js';
import { AdminController, Allow } from '../../management/api/access.decorator.js';
import { changeOptions, etagOf } from '../../management/api/etag.js';
import { inField } from '../../management/api/in-field.js';
import { cutPage, readKeys, writeKeys } from '../../management/api/page.js';
import { overrideView, snapOverridesView } from './override.view.js';
import {
  DeletedOverrideQueryDto,
  NewOverrideDto,
  NewOverridesDto,
  OverridePageDto,
  OverridesQueryDto,
  OverridesResultDto,
  SnapOverridesDto,
} from './overrides.dto.js';
import { OverridesService, type OverrideRequest } from './overrides.service.js';

/** Parts of the key by which overrides are sorted. */
const KEY_PARTS = 6;

/** Revisions that devices get instead of the channel's own. */
@AdminController('overrides', 'overrides')
export class OverridesAdminController {
  constructor(private readonly overrides: OverridesService) {}

  @Get()
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'list the overrides of all snaps' })
  @ApiOkResponse({ type: OverridePageDto })
  async list(
    @Query() { limit = DEFAULT_PAGE_ROWS, after, group }: OverridesQueryDto,
  ): Promise<OverridePageDto> {
    const found = await this.overrides.page({
      limit: limit + 1,
      after: after === undefined ? undefined : readKeys(after, KEY_PARTS),
      group: group === undefined ? undefined : inField('group', () => parseGroupName(group)),
    });
    const { items, next } = cutPage(found, limit, ({ key }) => writeKeys(key));
    return { items: items.map(overrideView), next };
  }

  @Get(':name')
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'the overrides of a snap, as `list-overrides`; its ETag is for If-Match' })
  @ApiOkResponse({ type: SnapOverridesDto })
  async get(
    @Param('name') name: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SnapOverridesDto> {
    const view = snapOverridesView(await this.overrides.list(parseSnapName(name)));
    void reply.header('etag', etagOf(view));
    return view;
  }

  @Post()
  @Allow('operator', 'release')
  @HttpCode(200)
  @ApiOperation({
    summary: 'pin devices to revisions, as `override`: all overrides of the request, or none',
    description: 'If-Match is compared with the overrides of all snaps that are named.',
  })
  @ApiOkResponse({ type: OverridesResultDto })
  async set(
    @Body() body: NewOverridesDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OverridesResultDto> {
    const { 'dry-run': dryRun = false } = body;
    const wanted = inField('overrides', () => body.overrides.map(overrideRequest));
    const options = changeOptions(request, reply, snapOverridesView, dryRun);
    return { 'dry-run': dryRun, ...snapOverridesView(await this.overrides.apply(wanted, options)) };
  }

  @Delete(':name')
  @Allow('operator', 'release')
  @ApiOperation({
    summary: 'delete the override of a channel for all architectures, as `delete-override`',
  })
  @ApiOkResponse({ type: OverridesResultDto })
  async delete(
    @Param('name') name: string,
    @Query() { channel, group, 'dry-run': dryRun = false }: DeletedOverrideQueryDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<OverridesResultDto> {
    const wanted: OverrideRequest = {
      name: parseSnapName(name),
      channel: inField('channel', () => parseChannel(channel)),
      revision: null,
      until: undefined,
      group: group === undefined ? undefined : inField('group', () => parseGroupName(group)),
    };
    const options = changeOptions(request, reply, snapOverridesView, dryRun);
    return { 'dry-run': dryRun, ...snapOverridesView(await this.overrides.apply([wanted], options)) };
  }
}

function overrideRequest(wanted: NewOverrideDto): OverrideRequest {
  const { name, channel, revision, 'expires-at': end, group, 'new-track': newTrack } = wanted;
  return {
    name: parseSnapName(name),
    channel: parseChannel(channel),
    revision,
    until: end === undefined ? undefined : parseEnd(end),
    ...(group !== undefined && { group: parseGroupName(group) }),
    ...(newTrack === true && { tracks: 'any' }),
  };
}
