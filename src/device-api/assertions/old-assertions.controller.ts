import { STATUS_CODES } from 'node:http';
import { Catch, Controller, Get, Req, Res, UseFilters } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AssertionChainsService } from '../../assertions/assertion-chains.service.js';
import { ASSERTION_MEDIA_TYPE } from '../../assertions/assertion-media-type.js';
import { encodeStream } from '../../assertions/format/stream.js';
import { digestToBase64url } from '../../common/crypto/digest.js';
import { DEFAULT_PROVENANCE } from '../../common/domain/words.js';
import { StoreError } from '../../common/errors.js';
import { sayWhoseAnswer } from '../../common/http/cache-headers.js';
import { refuseDeviceSession } from '../../common/http/device-session-refusal.js';
import { pathText } from '../../common/http/query-text.js';
import { StoreErrorFilter } from '../../common/http/store-error.filter.js';
import { AssertionRoutes } from './assertion-routes.js';
import { assertionProblemView } from './assertion.view.js';
import { VisibleAssertionsService } from './visible-assertions.service.js';

/** A SHA3-384 digest in hexadecimal digits, as in `download`. */
const HEX_DIGEST = /^[0-9a-f]{96}$/i;

/**
 * Refusals in the format of old snapds: they read `status`, `title` and `detail`, but no list.
 *
 * @see snapcore/snapd 2.49: store/store_asserts.go, assertionSvcError
 */
@Catch()
class ProblemFilter extends StoreErrorFilter {
  protected override readonly mediaType = 'application/problem+json';

  protected override view(code: string, message: string, status: number): object {
    return assertionProblemView(status, STATUS_CODES[status] ?? '', code, message);
  }
}

/**
 * Signed documents at the path of snapd before 2.50, with the same answers; and all documents of a snap file in
 * one stream, as Juju 4 requests them.
 *
 * @see snapcore/snapd 2.49: store/store.go, assertionsPath; juju/juju: environs/bootstrap/snapstore.go,
 *   fetchAssertion
 */
@Controller('api/v1/snaps/assertions')
@UseFilters(ProblemFilter)
export class OldAssertionsController extends AssertionRoutes {
  constructor(
    protected readonly assertions: VisibleAssertionsService,
    private readonly chains: AssertionChainsService,
  ) {
    super();
  }

  /** The snap-revision of a file, after its whole chain: the input of `snap ack`. */
  @Get(':digest')
  async chain(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const asked = pathText(request, 'digest');
    sayWhoseAnswer(request, reply);
    const found = HEX_DIGEST.test(asked)
      ? await this.assertions.find(
          'snap-revision',
          [digestToBase64url(Buffer.from(asked, 'hex')), DEFAULT_PROVENANCE],
          undefined,
          request.deviceSession ?? undefined,
        )
      : undefined;
    if (!found && request.hasBadDeviceSession) return refuseDeviceSession(reply);
    if (!found)
      throw new StoreError(
        'not-found',
        `no snap-revision of a file with SHA3-384 ${JSON.stringify(asked.slice(0, 96))}`,
      );
    const stream = encodeStream(await this.chains.chainOf(found));
    void reply.header('content-type', ASSERTION_MEDIA_TYPE).send(stream);
  }
}
