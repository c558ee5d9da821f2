import { Readable } from 'node:stream';
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

/** snapd reads this as a stream of tokens: `_embedded` comes first, and `clickindex:package` first in it. */
async function* namesBody(
  first: readonly ListedName[],
  others: AsyncIterable<readonly ListedName[]>,
): AsyncGenerator<string> {
  const textOf = (names: readonly ListedName[]) =>
    names.map((name) => JSON.stringify(nameView(name))).join(',');
  yield `{"_embedded":{"clickindex:package":[${textOf(first)}`;
  for await (const names of others) if (names.length > 0) yield `,${textOf(names)}`;
  yield ']}}';
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

  @Get('names')
  async names(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const parts = this.search.listNames({
      architecture: deviceArchitecture(request),
      stores: await this.visibility.storesOf(request.deviceSession),
      confinements: listed(queryText(request, 'confinement', CONFINEMENT)),
      now: Date.now(),
    });
    // What cannot be read is an error while one can still be answered; later the connection ends early.
    const first = await parts.next();
    const body = namesBody(first.done === true ? [] : first.value, parts);
    void reply.header('content-type', HAL_JSON).send(Readable.from(body, { objectMode: false }));
  }
}
