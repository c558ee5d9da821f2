import { Body, Get, Param, Put, Req, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseSnapName } from '../catalogue/snap-name.js';
import { StoreError } from '../common/errors.js';
import { AdminController, Allow } from '../management/api/access.decorator.js';
import { changeOptions, etagOf } from '../management/api/etag.js';
import { DefaultTrackChoiceDto, DefaultTrackDto, DefaultTrackResultDto } from './default-track.dto.js';
import { DefaultTrackService, type DefaultTrackChoice } from './default-track.service.js';
import { defaultTrackView } from './default-track.view.js';

/** The track of devices that name none. */
@AdminController('snaps/:name/default-track', 'releases')
export class DefaultTrackAdminController {
  constructor(private readonly tracks: DefaultTrackService) {}

  @Get()
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'the track of devices that name none' })
  @ApiOkResponse({ type: DefaultTrackDto })
  async get(
    @Param('name') name: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DefaultTrackDto> {
    const view = defaultTrackView(await this.tracks.get(parseSnapName(name)));
    void reply.header('etag', etagOf(view));
    return { name, ...view };
  }

  @Put()
  @Allow('operator', 'release')
  @ApiOperation({ summary: 'set the track of devices that name none, as `set-default-track`' })
  @ApiOkResponse({ type: DefaultTrackResultDto })
  async set(
    @Param('name') name: string,
    @Body() body: DefaultTrackChoiceDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<DefaultTrackResultDto> {
    const { 'dry-run': dryRun = false } = body;
    const snap = parseSnapName(name);
    const options = changeOptions(request, reply, defaultTrackView, dryRun);
    const outcome = await this.tracks.choose(snap, choiceOf(body), options);
    return { name, 'dry-run': dryRun, ...defaultTrackView(outcome), changed: outcome.changed };
  }
}

function choiceOf({ 'default-track': track, imported = false }: DefaultTrackChoiceDto): DefaultTrackChoice {
  if ((track !== undefined) === imported)
    throw new StoreError(
      'invalid-request',
      'cannot set the default track: give either default-track or imported',
      {
        field: 'default-track',
      },
    );
  if (track === undefined) return 'imported';
  return track === null ? 'none' : { track };
}
