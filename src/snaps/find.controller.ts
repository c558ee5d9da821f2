import { Controller, Get, Query, Req, Res } from '@nestjs/common';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendJson } from '../common/json-reply.js';
import { deviceArchitecture } from './device.js';
import { findView } from './find.view.js';
import { fieldsFromQuery, MAX_FIELDS_LENGTH } from './info.controller.js';
import { SearchService } from './search.service.js';
import { FieldChoice } from './snap-json.view.js';

/** Longest search text accepted, in characters. */
export const MAX_SEARCH_LENGTH = 512;

export class FindQueryDto {
  @IsOptional()
  @IsString()
  @MaxLength(MAX_SEARCH_LENGTH)
  q?: string;

  @IsOptional()
  @IsString()
  @MaxLength(MAX_SEARCH_LENGTH)
  name?: string;

  @IsOptional()
  @IsString()
  @MaxLength(MAX_SEARCH_LENGTH)
  'common-id'?: string;

  @IsOptional()
  @IsString()
  @MaxLength(MAX_SEARCH_LENGTH)
  category?: string;

  @IsOptional()
  @IsString()
  @MaxLength(MAX_SEARCH_LENGTH)
  confinement?: string;

  @IsOptional()
  @IsString()
  channel?: string;

  @IsOptional()
  @IsString()
  architecture?: string;

  @IsOptional()
  @IsString()
  @MaxLength(MAX_FIELDS_LENGTH)
  fields?: string;
}

@Controller('v2/snaps')
export class FindController {
  constructor(private readonly search: SearchService) {}

  @Get('find')
  async find(
    @Query() query: FindQueryDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const results = await this.search.search({
      text: query.q,
      namePrefix: query.name,
      commonId: query['common-id'],
      category: query.category,
      channel: query.channel,
      confinements:
        query.confinement === undefined || query.confinement === ''
          ? undefined
          : query.confinement.split(','),
      architecture: deviceArchitecture(request, query.architecture),
    });
    // Without `fields` the official store answers with names alone.
    const fields = query.fields === undefined ? FieldChoice.of(['name']) : fieldsFromQuery(query.fields);
    sendJson(reply, findView(results, fields));
  }

  @Get('categories')
  async categories(@Res() reply: FastifyReply): Promise<void> {
    sendJson(reply, { categories: (await this.search.categories()).map((name) => ({ name })) });
  }
}
