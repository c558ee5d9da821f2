import { Controller, Get, Query, Req, Res, UsePipes } from '@nestjs/common';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { FieldChoice } from '../../catalogue/snap-json.view.js';
import { FEATURED } from '../../catalogue/snap.js';
import { sayWhoseAnswer } from '../../common/http/cache-headers.js';
import { namedArchitecture } from '../../common/http/device-headers.js';
import { requestOrigins } from '../../common/http/request-origin.js';
import { DEVICE_PARAMETERS } from '../../common/http/request-validation.js';
import { sendPieces } from '../../common/http/send-pieces.js';
import { ARCHITECTURE_HEADERS, followsDefaultTracks, requestingDevice } from '../device.js';
import { findView } from './find.view.js';
import { fieldsFromQuery, given, listed, MAX_FIELDS_LENGTH, MAX_SEARCH_LENGTH } from './query-words.js';
import { SearchService } from './search.service.js';

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

  /** `true` for private snaps. */
  @IsOptional()
  @IsString()
  private?: string;

  @IsOptional()
  @IsString()
  @MaxLength(MAX_SEARCH_LENGTH)
  publisher?: string;

  /** `true` for featured snaps. */
  @IsOptional()
  @IsString()
  featured?: string;

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
@UsePipes(DEVICE_PARAMETERS)
export class FindController {
  constructor(private readonly search: SearchService) {}

  @Get('find')
  async find(
    @Query() query: FindQueryDto,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    sayWhoseAnswer(request, reply, `${ARCHITECTURE_HEADERS}, Snap-Device-Capabilities`);
    const featured = query.featured === 'true' ? FEATURED : undefined;
    const results = await this.search.search({
      text: query.q,
      namePrefix: given(query.name),
      commonId: given(query['common-id']),
      categories: [given(query.category), featured].filter((name) => name !== undefined),
      publisher: given(query.publisher),
      isPrivate: query.private === 'true',
      channel: query.channel,
      confinements: listed(query.confinement),
      architecture: namedArchitecture(request, query.architecture),
      followsDefaultTracks: followsDefaultTracks(request),
      device: requestingDevice(request),
    });
    // Without `fields` the official store answers only with names.
    const fields = query.fields === undefined ? FieldChoice.of(['name']) : fieldsFromQuery(query.fields);
    sendPieces(reply, findView(results, fields, requestOrigins(request)));
  }
}
