import { Controller, Get, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SnapVisibility } from '../brand-stores/snap-visibility.service.js';
import { sendJson } from '../common/json-reply.js';
import { queryText } from '../common/query-text.js';
import { CategoriesService } from './categories.service.js';
import { listed, MAX_SEARCH_LENGTH } from './find.controller.js';
import { deviceArchitecture } from './device.js';
import { SearchService, type ListedName } from './search.service.js';

const HAL_JSON = 'application/hal+json';

const CONFINEMENT = new RegExp(`^[^]{0,${MAX_SEARCH_LENGTH}}$`);

function nameView({ name, version, summary, apps, aliases }: ListedName): object {
  return { package_name: name, version, summary, apps, aliases };
}

/**
 * What a device fetches daily for completion and command-not-found.
 *
 * @see snapcore/snapd: store/store.go, Sections and WriteCatalogs
 */
@Controller('api/v1/snaps')
export class NamesController {
  constructor(
    private readonly search: SearchService,
    private readonly categories: CategoriesService,
    private readonly visibility: SnapVisibility,
  ) {}

  @Get('sections')
  async sections(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const stores = await this.visibility.storesOf(request.deviceSession);
    const sections = (await this.categories.listFor(stores)).map(({ name }) => ({ name }));
    sendJson(reply, { _embedded: { 'clickindex:sections': sections } }, HAL_JSON);
  }

  // snapd reads this one as a stream of tokens: `_embedded` first, `clickindex:package` first in it.
  @Get('names')
  async names(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const names = await this.search.listNames(
      deviceArchitecture(request),
      await this.visibility.storesOf(request.deviceSession),
      listed(queryText(request, 'confinement', CONFINEMENT)),
    );
    sendJson(reply, { _embedded: { 'clickindex:package': names.map(nameView) } }, HAL_JSON);
  }
}
