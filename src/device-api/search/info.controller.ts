import { Controller, Get, NotFoundException, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CatalogueSnap } from '../../catalogue/catalogue-snap.js';
import { releasesFor, releasesForEach, type OpenRelease } from '../../channels/channel-map.js';
import { sayWhoseAnswer } from '../../common/http/cache-headers.js';
import { namedArchitecture } from '../../common/http/device-headers.js';
import { originBytes } from '../../common/http/json-template.js';
import { ANY_TEXT, pathText, queryText, textUpTo } from '../../common/http/query-text.js';
import { requestOrigins } from '../../common/http/request-origin.js';
import { sendPieces } from '../../common/http/send-pieces.js';
import { DeviceCatalogueService } from '../device-catalogue.service.js';
import { ARCHITECTURE_HEADERS, requestingDevice } from '../device.js';
import { fieldsFromQuery, MAX_FIELDS_LENGTH } from './query-words.js';
import { snapInfoView } from './snap-info.view.js';

const FIELDS = textUpTo(MAX_FIELDS_LENGTH);

@Controller('v2/snaps/info')
export class InfoController {
  constructor(private readonly devices: DeviceCatalogueService) {}

  @Get(':name')
  async info(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sayWhoseAnswer(request, reply, ARCHITECTURE_HEADERS);
    const name = pathText(request, 'name');
    const architecture = namedArchitecture(request, queryText(request, 'architecture', ANY_TEXT));
    const entry = await this.devices.find(name, requestingDevice(request));
    const releases = entry ? shownReleases(entry, architecture) : [];
    if (!entry || releases.length === 0) {
      // Sent as `resource-not-found`, like the official store.
      throw new NotFoundException(
        `no snap named ${JSON.stringify(name.slice(0, 80))}${architecture === undefined ? '' : ` for ${architecture}`} in this store`,
      );
    }
    const fields = fieldsFromQuery(queryText(request, 'fields', FIELDS));
    const template = entry.infoTemplate(architecture ?? '', fields, () =>
      snapInfoView(entry, releases, fields),
    );
    const pieces: Buffer[] = [];
    template.appendTo(pieces, originBytes(requestOrigins(request)));
    sendPieces(reply, pieces);
  }
}

/** The answer for snapd has no branches. A snap without any release is not found. */
function shownReleases({ channelMap }: CatalogueSnap, architecture: string | undefined): OpenRelease[] {
  const releases =
    architecture === undefined ? releasesForEach(channelMap) : releasesFor(channelMap, architecture);
  return releases.filter(({ channel }) => channel.branch === undefined);
}
