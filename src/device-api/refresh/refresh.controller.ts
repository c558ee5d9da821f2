import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isToBeRenewed } from '../../brand-stores/device-session.js';
import { sayWhoseAnswer } from '../../common/http/cache-headers.js';
import { clientAddress } from '../../common/http/client-address.js';
import { readJsonBody } from '../../common/http/json-body.js';
import { requestOrigins } from '../../common/http/request-origin.js';
import { sendPieces } from '../../common/http/send-pieces.js';
import { DELTA_FORMAT } from '../../deltas/delta.js';
import { HeldRevisionsService } from '../../deltas/held-revisions.service.js';
import { acceptsDeltaFormat, deviceArchitecture, followsDefaultTracks, requestingDevice } from '../device.js';
import { RefreshFiguresService } from './refresh-figures.service.js';
import { parseRefreshRequest } from './refresh-request.js';
import { RefreshService } from './refresh.service.js';
import { RefreshAnswer } from './refresh.view.js';

/** The central request of a device: snaps to install, download and refresh, and new assertions. */
@Controller('v2/snaps/refresh')
export class RefreshController {
  constructor(
    private readonly refreshService: RefreshService,
    private readonly held: HeldRevisionsService,
    private readonly figures: RefreshFiguresService,
  ) {}

  // The body is parsed by `parseRefreshRequest`, not by a DTO: one wrong action of a hundred must not
  // affect the others, and decorators cost more than the rest of the answer.
  @Post()
  @HttpCode(200)
  async refresh(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const refresh = parseRefreshRequest(readJsonBody(request.body));
    const architecture = deviceArchitecture(request);
    const acceptsDeltas = acceptsDeltaFormat(request, DELTA_FORMAT);
    const { deviceSession: session } = request;
    const answer = new RefreshAnswer(requestOrigins(request), session !== null && isToBeRenewed(session));
    const address = clientAddress(request.raw);
    await this.refreshService.resolve(
      refresh,
      {
        architecture,
        followsDefaultTracks: followsDefaultTracks(request),
        acceptsDeltas,
        ...requestingDevice(request),
      },
      (result) => {
        this.figures.note(result);
        answer.add(result);
      },
    );
    if (session) sayWhoseAnswer(request, reply);
    sendPieces(reply, answer.end());
    // The snaps of a device with a session are recorded with the device.
    if (acceptsDeltas && !session) this.held.note(refresh.context, architecture, address);
  }
}
