import { Get, Query, Req, Res } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiOperation, ApiParam, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoreError } from '../common/errors.js';
import { pathSegments } from '../common/http/path-segments.js';
import { DEFAULT_PAGE_ROWS } from '../common/limits.js';
import { AdminController, Allow } from '../management/api/access.decorator.js';
import { etagOf } from '../management/api/etag.js';
import { readCursor, writeCursor } from '../management/api/page.js';
import { assertionDetailView, assertionSummaryView } from './assertion-admin.view.js';
import { ASSERTION_MEDIA_TYPE } from './assertion-media-type.js';
import { readAssertionKey } from './assertion-path.js';
import { AssertionSearchService, parseWantedHeader } from './assertion-search.service.js';
import { AssertionDto, AssertionPageDto, AssertionQueryDto } from './assertions.dto.js';
import { AssertionsService } from './assertions.service.js';
import type { Assertion } from './format/assertion.js';
import { quote } from './format/quote.js';

/** The signed documents of the store. */
@AdminController('assertions', 'assertions')
@ApiExtraModels(AssertionDto)
export class AssertionsAdminController {
  constructor(
    private readonly search: AssertionSearchService,
    private readonly assertions: AssertionsService,
  ) {}

  @Get()
  @Allow('viewer', 'read')
  @ApiOperation({
    summary: 'find assertions by type and headers; a page may be shorter than its limit before the last one',
  })
  @ApiOkResponse({ type: AssertionPageDto })
  async find(@Query() query: AssertionQueryDto): Promise<AssertionPageDto> {
    const { type, header = [], limit = DEFAULT_PAGE_ROWS, after } = query;
    const { assertions, next } = await this.search.find({
      type,
      headers: header.map(parseWantedHeader),
      after: after === undefined ? undefined : readKey(after),
      limit,
    });
    return {
      items: assertions.map(assertionSummaryView),
      next: next === undefined ? null : writeCursor(JSON.stringify(next)),
    };
  }

  @Get(':type/*')
  @Allow('viewer', 'read')
  @ApiOperation({ summary: 'one assertion: the signed bytes, or its content as JSON, as Accept asks' })
  @ApiParam({ name: '*', description: 'its primary key, values between slashes' })
  @ApiOkResponse({
    content: {
      'application/json': { schema: { $ref: getSchemaPath(AssertionDto) } },
      [ASSERTION_MEDIA_TYPE]: { schema: { type: 'string' } },
    },
  })
  async get(
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<AssertionDto | Buffer> {
    const found = await this.read(pathSegments(request, 'type'));
    void reply.header('vary', 'Accept').header('etag', etagOf(assertionSummaryView(found)));
    if (!request.headers.accept?.toLowerCase().includes(ASSERTION_MEDIA_TYPE))
      return assertionDetailView(found);
    void reply.header('content-type', ASSERTION_MEDIA_TYPE);
    return found.bytes;
  }

  private async read([typeName = '', ...words]: readonly string[]): Promise<Assertion> {
    const { type, key, isSequenceKey } = readAssertionKey(typeName.slice(0, 80), words);
    const found = isSequenceKey
      ? await this.assertions.findInSequence(type.name, key, 'latest')
      : await this.assertions.find(type.name, key);
    if (found) return found;
    throw new StoreError(
      'not-found',
      `cannot show ${quote([type.name, ...words].join('/').slice(0, 200))}: the store does not hold it`,
    );
  }
}

/** @throws StoreError `invalid-request` on a cursor of another list */
function readKey(cursor: string): string[] {
  try {
    const key = JSON.parse(readCursor(cursor)) as unknown;
    if (Array.isArray(key) && key.every((value) => typeof value === 'string')) return key;
  } catch (error) {
    if (error instanceof StoreError) throw error;
  }
  throw new StoreError('invalid-request', 'cannot continue there: give `next` of a page of this list', {
    field: 'after',
  });
}
