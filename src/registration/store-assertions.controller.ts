import { Controller, Get, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { StoreIdentityService } from './store-identity.service.js';

/** The assertions for `snap ack`, which operators run on each device before `snap set system proxy.store`. */
@Controller('v2/auth/store/assertions')
export class StoreAssertionsController {
  constructor(private readonly identity: StoreIdentityService) {}

  @Get()
  async get(@Res() reply: FastifyReply): Promise<void> {
    const { storeId, stream } = await this.identity.get();
    void reply
      .header('x-assertion-store-id', storeId)
      .header('content-type', 'application/x.ubuntu.assertion')
      .send(stream);
  }
}
