import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';

/** A request for a serial, and the device key that signed it. */
export interface UsedRequest {
  readonly requestId: string;
  readonly digest: Buffer;
  readonly brandId: string;
  readonly model: string;
  readonly deviceKeyId: string;
}

/** The used request-ids. All units share them. */
@Injectable()
export class SerialRequestsRepository {
  constructor(private readonly database: DatabaseService) {}

  /** Whether the same request has used its request-id before. */
  async isKnown(requestId: string, requestDigest: Buffer): Promise<boolean> {
    const known = await this.database.query(
      'select from serial_request where request_id = $1 and request_digest = $2',
      [requestId, requestDigest],
    );
    return known.length === 1;
  }

  /**
   * Marks a request-id as used by one request, which may come again. Only the newest request of a device key is
   * kept.
   *
   * @param keptUntil - milliseconds since 1970; each repetition sets it again
   * @returns false if another request has used the request-id
   */
  async use(request: UsedRequest, keptUntil: number): Promise<boolean> {
    const { requestId, digest, brandId, model, deviceKeyId } = request;
    const used = await this.database.query(
      `with older as (
         delete from serial_request
         where brand_id = $4 and model = $5 and device_key_id = $6 and request_id <> $1)
       insert into serial_request (request_id, request_digest, expires_at, brand_id, model, device_key_id)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (request_id) do update set expires_at = excluded.expires_at
         where serial_request.request_digest = excluded.request_digest
       returning request_id`,
      [requestId, digest, new Date(keptUntil), brandId, model, deviceKeyId],
    );
    return used.length === 1;
  }

  /** Counts the devices of a model that wait for a serial or have just received one. */
  async count(brandId: string, model: string): Promise<number> {
    const [row] = await this.database.query<{ count: number }>(
      'select count(*)::int from serial_request where brand_id = $1 and model = $2',
      [brandId, model],
    );
    return row?.count ?? 0;
  }

  async forgetExpired(now: number): Promise<void> {
    await this.database.query('delete from serial_request where expires_at < $1', [new Date(now)]);
  }
}
