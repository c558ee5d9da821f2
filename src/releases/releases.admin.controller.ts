import { Body, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseSnapName } from '../catalogue/snap-name.js';
import { parseChannel } from '../channels/channel.js';
import { parseEnd } from '../common/end-time.js';
import { DEFAULT_PAGE_ROWS } from '../common/limits.js';
import { AdminController, Allow } from '../management/api/access.decorator.js';
import { changeOptions, etagOf } from '../management/api/etag.js';
import { inField } from '../management/api/in-field.js';
import { cutPage, readSequence, writeCursor } from '../management/api/page.js';
import type { ChangeOptions } from '../management/change-options.js';
import { channelMapView, type ChannelMapState } from './channel-map.view.js';
import { HistoryPageDto, HistoryQueryDto } from './history.dto.js';
import { historyEntryView } from './history.view.js';
import type { ReleaseOutcome } from './release-outcome.js';
import { releaseOutcomeView } from './release-outcome.view.js';
import { parseArchitecture } from './release-words.js';
import {
  ChannelMapDto,
  ClosedChannelsDto,
  NewReleaseDto,
  ReleaseResultDto,
  RollbackDto,
} from './releases.dto.js';
import { ReleasesService, type ReleaseRequest } from './releases.service.js';

/** The revision of each channel of a snap. */
@AdminController('snaps/:name', 'releases')
export class ReleasesAdminController {
  constructor(private readonly releases: ReleasesService) {}

  @Get('channel-map')
  @Allow('viewer', 'read')
  @ApiOperation({
    summary: 'the channels that have a revision; its ETag is for If-Match of every change of them',
  })
  @ApiOkResponse({ type: ChannelMapDto })
  async channelMap(
    @Param('name') name: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ChannelMapDto> {
    const view = channelMapView(await this.releases.channelMap(parseSnapName(name)));
    void reply.header('etag', etagOf(view));
    return view;
  }

  @Post('releases')
  @Allow('operator', 'release')
  @HttpCode(200)
  @ApiOperation({ summary: 'release a revision to channels, as `release`' })
  @ApiOkResponse({ type: ReleaseResultDto })
  async release(
    @Param('name') name: string,
    @Body() body: NewReleaseDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReleaseResultDto> {
    const { 'expires-at': end, percentage } = body;
    const wanted: ReleaseRequest = {
      name: parseSnapName(name),
      revision: body.revision,
      channels: channelsOf(body),
      architectures: architecturesOf(body),
      until: end === undefined || end === 'never' ? end : inField('expires-at', () => parseEnd(end)),
      // 100 percent is an ordinary release.
      percentage: percentage === 100 ? undefined : percentage,
      newTrack: body['new-track'],
    };
    return resultOf(name, body, await this.releases.release(wanted, optionsOf(request, reply, body)));
  }

  @Post('close')
  @Allow('operator', 'release')
  @HttpCode(200)
  @ApiOperation({ summary: 'close channels, so that their devices get the next safer risk, as `close`' })
  @ApiOkResponse({ type: ReleaseResultDto })
  async close(
    @Param('name') name: string,
    @Body() body: ClosedChannelsDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReleaseResultDto> {
    const [channels, architectures] = [channelsOf(body), architecturesOf(body)];
    const options = optionsOf(request, reply, body);
    return resultOf(
      name,
      body,
      await this.releases.close(parseSnapName(name), channels, architectures, options),
    );
  }

  @Post('rollback')
  @Allow('operator', 'release')
  @HttpCode(200)
  @ApiOperation({ summary: 'return a channel to its previous revision, as `rollback`' })
  @ApiOkResponse({ type: ReleaseResultDto })
  async rollback(
    @Param('name') name: string,
    @Body() body: RollbackDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReleaseResultDto> {
    const channel = inField('channel', () => parseChannel(body.channel));
    const options = optionsOf(request, reply, body);
    return resultOf(
      name,
      body,
      await this.releases.rollback(parseSnapName(name), channel, architecturesOf(body), options),
    );
  }

  @Get('history')
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'all releases of the snap with who made them, the newest first, as `history`' })
  @ApiOkResponse({ type: HistoryPageDto })
  async history(
    @Param('name') name: string,
    @Query() { limit = DEFAULT_PAGE_ROWS, after, architecture, channel }: HistoryQueryDto,
  ): Promise<HistoryPageDto> {
    const releases = await this.releases.historyPage(parseSnapName(name), {
      limit: limit + 1,
      before: after === undefined ? undefined : readSequence(after),
      architecture:
        architecture === undefined
          ? undefined
          : inField('architecture', () => parseArchitecture(architecture)),
      channel: channel === undefined ? undefined : inField('channel', () => parseChannel(channel)),
    });
    const { items, next } = cutPage(releases, limit, ({ id }) => writeCursor(String(id)));
    return { items: items.map(historyEntryView), next };
  }
}

function channelsOf({ channels }: Pick<NewReleaseDto, 'channels'>) {
  return inField('channels', () => channels.map(parseChannel));
}

function architecturesOf({ architectures = [] }: Pick<NewReleaseDto, 'architectures'>): string[] {
  return inField('architectures', () => [...new Set(architectures.map(parseArchitecture))]);
}

function optionsOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { 'dry-run': dryRun }: { readonly 'dry-run'?: boolean },
): ChangeOptions<ChannelMapState> {
  return changeOptions(request, reply, channelMapView, dryRun);
}

function resultOf(
  name: string,
  { 'dry-run': dryRun = false }: { readonly 'dry-run'?: boolean },
  outcomes: readonly ReleaseOutcome[],
): ReleaseResultDto {
  return { name, 'dry-run': dryRun, channels: outcomes.map(releaseOutcomeView) };
}
