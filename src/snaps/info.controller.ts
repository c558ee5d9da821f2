import { Controller, Get, NotFoundException, Param, Query, Req, Res } from '@nestjs/common';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendJson } from '../common/json-reply.js';
import { requestOrigin } from '../common/request-origin.js';
import { CatalogueService } from './catalogue.service.js';
import { releasesFor } from './channel/channel-map.js';
import { deviceArchitecture } from './device.js';
import { snapInfoView } from './snap-info.view.js';
import { FieldChoice, remembered } from './snap-json.view.js';

/** Longest list of fields accepted, in characters; snapd's own is about 400. */
export const MAX_FIELDS_LENGTH = 4_096;

export class SnapInfoQueryDto {
  @IsOptional()
  @IsString()
  @MaxLength(MAX_FIELDS_LENGTH)
  fields?: string;

  @IsOptional()
  @IsString()
  architecture?: string;
}

export function fieldsFromQuery(fields: string | undefined): FieldChoice {
  return FieldChoice.of((fields ?? '').split(',').filter((name) => name !== ''));
}

@Controller('v2/snaps/info')
export class InfoController {
  constructor(private readonly catalogue: CatalogueService) {}

  @Get(':name')
  async info(
    @Param('name') name: string,
    @Query() query: SnapInfoQueryDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const architecture = deviceArchitecture(request, query.architecture);
    const entry = await this.catalogue.findByName(name);
    // snapd's rows have no branches; a snap without any row is not found for it either.
    const releases = entry
      ? releasesFor(entry.channelMap, architecture).filter(({ channel }) => channel.branch === undefined)
      : [];
    if (!entry || releases.length === 0) {
      // `resource-not-found` on the wire, as the official store says.
      throw new NotFoundException(
        `no snap named ${JSON.stringify(name.slice(0, 80))} for ${architecture} in this store`,
      );
    }
    const fields = fieldsFromQuery(query.fields);
    const template = remembered(entry.infos, `${architecture}?${fields.key}`, () =>
      snapInfoView(entry, releases, fields),
    );
    sendJson(reply, template.fill(requestOrigin(request)));
  }
}
