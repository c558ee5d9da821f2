import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sayWhoseAnswer } from '../../common/http/cache-headers.js';
import { sendJson } from '../../common/http/json-reply.js';
import { queryText, textUpTo } from '../../common/http/query-text.js';
import { sendPieces } from '../../common/http/send-pieces.js';
import { ARCHITECTURE_HEADERS, deviceArchitecture, requestingDevice } from '../device.js';
import { HAL_JSON, LIST_END, LIST_START } from '../old/package-list.js';
import { NamesService } from './names.service.js';
import { listed, MAX_SEARCH_LENGTH } from './query-words.js';

const CONFINEMENT = textUpTo(MAX_SEARCH_LENGTH);

/**
 * The catalogue that a device fetches daily for completion and command-not-found.
 *
 * @see snapcore/snapd: store/store.go, Sections and WriteCatalogs
 */
@Controller('api/v1/snaps')
export class NamesController {
  constructor(private readonly names: NamesService) {}

  @Get('sections')
  async sections(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sayWhoseAnswer(request, reply);
    const sections = (await this.names.categories(requestingDevice(request))).map((name) => ({ name }));
    sendJson(reply, { _embedded: { 'clickindex:sections': sections } }, HAL_JSON);
  }

  @Get('names')
  async list(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sayWhoseAnswer(request, reply, ARCHITECTURE_HEADERS);
    const names = await this.names.listed({
      architecture: deviceArchitecture(request),
      confinements: listed(queryText(request, 'confinement', CONFINEMENT)),
      device: requestingDevice(request),
    });
    sendPieces(reply, [LIST_START, ...names, LIST_END], HAL_JSON);
  }
}
