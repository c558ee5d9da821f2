import { Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { shortChannelName } from '../../channels/channel.js';
import { StoreError } from '../../common/errors.js';
import { sayWhoseAnswer } from '../../common/http/cache-headers.js';
import { readJsonBody } from '../../common/http/json-body.js';
import { JsonTemplate, originBytes } from '../../common/http/json-template.js';
import { ANY_TEXT, pathText, queryText, textUpTo } from '../../common/http/query-text.js';
import { requestOrigins } from '../../common/http/request-origin.js';
import { sendPieces } from '../../common/http/send-pieces.js';
import { MAX_FIND_BYTES } from '../../common/limits.js';
import { DELTA_FORMAT } from '../../deltas/delta.js';
import { acceptsDeltaFormat, ARCHITECTURE_HEADERS, deviceArchitecture, requestingDevice } from '../device.js';
import type { RefreshingDevice } from '../refresh/channel-offer.service.js';
import { listed, MAX_FIELDS_LENGTH, MAX_SEARCH_LENGTH } from '../search/query-words.js';
import { SearchService, type SearchResult } from '../search/search.service.js';
import { parseOldMetadataRequest } from './old-metadata-request.js';
import { oldPackageView, type OldPackage } from './old-package.view.js';
import { OldPackagesService } from './old-packages.service.js';
import { HAL_JSON, LIST_END, LIST_START } from './package-list.js';

const SEARCH_TEXT = textUpTo(MAX_SEARCH_LENGTH);
const FIELDS = textUpTo(MAX_FIELDS_LENGTH);
const REVISION = { pattern: /^[1-9]\d{0,9}$/, expected: 'a revision number' };

const COMMA = Buffer.from(',');

/**
 * The paths of snapd before 2.44 in addition to `/v2`: it searches at `search`, and before 2.33 it installs by
 * `details` and refreshes by `metadata`. A device with such a snapd gets a newer one this way.
 *
 * @see snapcore/snapd 2.30: store/store.go, SnapInfo, Find and refreshForCandidates; 2.37: Find
 */
@Controller('api/v1/snaps')
export class OldPackagesController {
  constructor(
    private readonly packages: OldPackagesService,
    private readonly searches: SearchService,
  ) {}

  @Get('search')
  async search(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sayWhoseAnswer(request, reply, ARCHITECTURE_HEADERS);
    const given = (name: string) => queryText(request, name, SEARCH_TEXT) || undefined;
    const section = given('section');
    const results = await this.searches.search({
      text: given('q'),
      namePrefix: given('name'),
      categories: section === undefined ? [] : [section],
      isPrivate: given('private') === 'true',
      channel: given('channel'),
      confinements: listed(given('confinement')),
      architecture: deviceArchitecture(request),
      followsDefaultTracks: false,
      device: requestingDevice(request),
    });
    sendList(request, reply, results.flatMap(packageOf), fieldsOf(request));
  }

  @Get('details/:name')
  async details(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    sayWhoseAnswer(request, reply, ARCHITECTURE_HEADERS);
    const name = pathText(request, 'name');
    const revision = queryText(request, 'revision', REVISION);
    const wish = {
      name,
      channel: queryText(request, 'channel', ANY_TEXT) || undefined,
      revision: revision === undefined ? undefined : Number(revision),
    };
    const found = await this.packages.details(wish, deviceOf(request));
    if (!found) throw new StoreError('not-found', `no snap named ${JSON.stringify(name.slice(0, 80))} there`);
    const template = new JsonTemplate(oldPackageView(found, fieldsOf(request)));
    sendPieces(reply, [template.fill(originBytes(requestOrigins(request)))], HAL_JSON);
  }

  @Post('metadata')
  @HttpCode(200)
  async metadata(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    if (request.deviceSession) sayWhoseAnswer(request, reply);
    const { refresh, fields } = parseOldMetadataRequest(readJsonBody(request.body));
    sendList(request, reply, await this.packages.packages(refresh, deviceOf(request)), fields);
  }
}

function deviceOf(request: FastifyRequest): RefreshingDevice {
  return {
    architecture: deviceArchitecture(request),
    followsDefaultTracks: false,
    acceptsDeltas: acceptsDeltaFormat(request, DELTA_FORMAT),
    ...requestingDevice(request),
  };
}

function fieldsOf(request: FastifyRequest): ReadonlySet<string> {
  const fields = queryText(request, 'fields', FIELDS) ?? '';
  return new Set(fields.split(',').filter((name) => name !== ''));
}

function packageOf({ entry, release }: SearchResult): OldPackage[] {
  const revision = entry.released.get(release.revision);
  return revision ? [{ entry, revision, channel: shortChannelName(release.channel) }] : [];
}

/** The first ones, up to the limit of an answer. */
function sendList(
  request: FastifyRequest,
  reply: FastifyReply,
  found: readonly OldPackage[],
  fields: ReadonlySet<string>,
): void {
  const origins = originBytes(requestOrigins(request));
  const pieces: Buffer[] = [LIST_START];
  let sizeBytes = 0;
  for (const one of found) {
    const bytes = new JsonTemplate(oldPackageView(one, fields)).fill(origins);
    sizeBytes += bytes.length + COMMA.length;
    if (sizeBytes > MAX_FIND_BYTES) break;
    if (pieces.length > 1) pieces.push(COMMA);
    pieces.push(bytes);
  }
  sendPieces(reply, [...pieces, LIST_END], HAL_JSON);
}
