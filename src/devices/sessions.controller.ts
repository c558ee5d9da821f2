import { Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { clientAddress } from '../common/http/client-address.js';
import { readJsonBody } from '../common/http/json-body.js';
import { sendJson } from '../common/http/json-reply.js';
import { SessionsService } from './sessions.service.js';
import { SightingsService } from './sightings.service.js';

/**
 * Gives a session to a device that has a serial. Without a session, the device sends no other requests.
 *
 * @see snapcore/snapd: store/auth.go, EnsureDeviceSession
 */
@Controller('api/v1/snaps/auth')
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly sightings: SightingsService,
  ) {}

  @Post('nonces')
  @HttpCode(200)
  async nonce(@Res() reply: FastifyReply): Promise<void> {
    sendJson(reply, { nonce: await this.sessions.issueNonce() });
  }

  @Post('sessions')
  @HttpCode(200)
  async session(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const address = clientAddress(request.raw);
    const { token, session } = await this.sessions.open(readJsonBody(request.body), address);
    this.sightings.note({ session, address, userAgent: request.headers['user-agent'] });
    sendJson(reply, { macaroon: token });
  }
}
