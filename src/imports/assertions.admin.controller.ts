import { Delete, Post, Query, Req } from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiCreatedResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
} from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { assertionSummaryView } from '../assertions/assertion-admin.view.js';
import { ASSERTION_MEDIA_TYPE } from '../assertions/assertion-media-type.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { StoreError } from '../common/errors.js';
import { pathSegments } from '../common/http/path-segments.js';
import { AdminController, Allow } from '../management/api/access.decorator.js';
import { ifMatch } from '../management/api/etag.js';
import { AckService } from './ack.service.js';
import { acknowledgedView } from './acknowledged.view.js';
import { AcknowledgedListDto, RemovalQueryDto, RemovedAssertionDto } from './assertions.dto.js';
import { RemoveAssertionService } from './remove-assertion.service.js';
import { removedAssertionView } from './removed-assertion.view.js';

/**
 * Assertions that come and go without a snap. An operator may add them, since a pushed snap brings its assertions
 * through the same checks. Only an admin removes one.
 */
@AdminController('assertions', 'assertions')
export class AssertionChangesAdminController {
  constructor(
    private readonly acks: AckService,
    private readonly removals: RemoveAssertionService,
  ) {}

  @Post()
  @Allow('operator', 'import')
  @ApiOperation({ summary: 'verify assertions and add them to the store: all of them, or none' })
  @ApiConsumes(ASSERTION_MEDIA_TYPE)
  @ApiBody({ schema: { type: 'string' }, description: 'a stream of assertions, in any order' })
  @ApiCreatedResponse({ type: AcknowledgedListDto })
  async add(@Req() request: FastifyRequest): Promise<AcknowledgedListDto> {
    const [mediaType = ''] = request.headers['content-type']?.toLowerCase().split(';') ?? [];
    if (mediaType.trim() !== ASSERTION_MEDIA_TYPE || !Buffer.isBuffer(request.body))
      throw new StoreError(
        'unsupported-media-type',
        `cannot add assertions: send them with Content-Type: ${ASSERTION_MEDIA_TYPE}`,
      );
    return { items: (await this.acks.ackStream(request.body)).map(acknowledgedView) };
  }

  @Delete(':type/*')
  @Allow('admin', 'import')
  @ApiOperation({ summary: 'remove an assertion that nothing in the store depends on' })
  @ApiParam({ name: '*', description: 'its primary key, values between slashes' })
  @ApiOkResponse({ type: RemovedAssertionDto })
  async remove(
    @Query() { 'dry-run': dryRun = 'false' }: RemovalQueryDto,
    @Req() request: FastifyRequest,
  ): Promise<RemovedAssertionDto> {
    const isDry = dryRun === 'true';
    const expect = ifMatch<Assertion>(request, assertionSummaryView);
    return removedAssertionView(
      await this.removals.remove(pathSegments(request, 'type'), isDry, expect),
      isDry,
    );
  }
}
