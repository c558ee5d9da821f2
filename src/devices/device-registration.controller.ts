import { Catch, Controller, HttpCode, Post, Req, Res, UseFilters } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ASSERTION_MEDIA_TYPE } from '../assertions/assertion-media-type.js';
import { clientAddress } from '../common/http/client-address.js';
import { sendJson } from '../common/http/json-reply.js';
import { requestHeader } from '../common/http/request-header.js';
import { StoreErrorFilter } from '../common/http/store-error.filter.js';
import { DeviceRegistrationService } from './device-registration.service.js';
import { SightingsService } from './sightings.service.js';

/** The base paths: below a store's own URL, and below a `device-service.url` that names the store. */
const BASES = ['api/v1/snaps/auth', ''];
const REQUEST_ID_PATHS = BASES.map((base) => `${base}/request-id`);
const SERIAL_PATHS = BASES.flatMap((base) => [`${base}/devices`, `${base}/serial`]);

/** Whether the device accepts a stream: it then gets all assertions at once and requests no others. */
function takesStream(request: FastifyRequest): boolean {
  return (requestHeader(request, 'snap-device-capabilities') ?? '').split(/[ ,]+/).includes('serial-stream');
}

/**
 * If a registration is refused, snapd shows `message`. After a 429, as after any status below 500, it gives up for at
 * least five minutes; after a 503 it asks again a minute later.
 *
 * @see snapcore/snapd: overlord/devicestate/handlers_serial.go, serverError and retryBadStatus
 */
@Catch()
class RegistrationErrorFilter extends StoreErrorFilter {
  protected override view(code: string, message: string, status: number): object {
    return { message, ...super.view(code, message, status) };
  }

  protected override statusFor(status: number): number {
    return status === 429 ? 503 : status;
  }
}

/**
 * Gives devices their serials.
 *
 * @see snapcore/snapd: overlord/devicestate/handlers_serial.go
 */
@Controller()
@UseFilters(RegistrationErrorFilter)
export class DeviceRegistrationController {
  constructor(
    private readonly registrations: DeviceRegistrationService,
    private readonly sightings: SightingsService,
  ) {}

  @Post(REQUEST_ID_PATHS)
  @HttpCode(200)
  async requestId(@Res() reply: FastifyReply): Promise<void> {
    sendJson(reply, { 'request-id': await this.registrations.issueRequestId() });
  }

  @Post(SERIAL_PATHS)
  @HttpCode(200)
  async serial(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const address = clientAddress(request.raw);
    const serial = await this.registrations.register(request.body, {
      apiKey: requestHeader(request, 'api-key'),
      address,
    });
    if (!serial) {
      void reply.code(202);
      return sendJson(reply, { message: 'this model has no serial policy yet: ask again' });
    }
    const [brandId = '', model = '', name = ''] = serial.primaryKey;
    const device = { brandId, model, serial: name, trust: 'own' } as const;
    this.sightings.note({ session: device, address, userAgent: request.headers['user-agent'] });
    const body = takesStream(request) ? await this.registrations.withChain(serial) : serial.bytes;
    void reply.header('content-type', ASSERTION_MEDIA_TYPE).send(body);
  }
}
