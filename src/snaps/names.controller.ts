import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { sendJson } from '../common/json-reply.js';
import type { CatalogueName } from './search.repository.js';
import { deviceArchitecture } from './device.js';
import { SearchService } from './search.service.js';

const HAL_JSON = 'application/hal+json';

function nameView({ name, version, summary, apps }: CatalogueName): object {
  return { package_name: name, version, summary, apps, aliases: [] };
}

/**
 * What a device fetches daily for completion and command-not-found.
 *
 * @see snapcore/snapd: store/store.go, Sections and WriteCatalogs
 */
@Controller('api/v1/snaps')
export class NamesController {
  constructor(private readonly search: SearchService) {}

  @Get('sections')
  async sections(@Res() reply: FastifyReply): Promise<void> {
    const sections = (await this.search.categories()).map((name) => ({ name }));
    sendJson(reply, { _embedded: { 'clickindex:sections': sections } }, HAL_JSON);
  }

  // snapd reads this one as a stream of tokens: `_embedded` first, `clickindex:package` first in it.
  @Get('names')
  async names(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const names = await this.search.listNames(deviceArchitecture(request));
    sendJson(reply, { _embedded: { 'clickindex:package': names.map(nameView) } }, HAL_JSON);
  }
}
