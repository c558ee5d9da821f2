import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';

/** The request-ids that were used, which all units share. */
@Injectable()
export class SerialRequestsRepository {
  constructor(private readonly database: DatabaseService) {}

  /** Whether this very request has used its request-id before. */
  async isKnown(requestId: string, requestDigest: Buffer): Promise<boolean> {
    const known = await this.database.query(
      'select from serial_request where request_id = $1 and request_digest = $2',
      [requestId, requestDigest],
    );
    return known.length === 1;
  }

  /**
   * Uses a request-id up, for one request only: the same one may come again.
   *
   * @param keptUntil - milliseconds since 1970, prolonged each time
   * @returns whether the request-id was this request's to use
   */
  async use(requestId: string, requestDigest: Buffer, keptUntil: number): Promise<boolean> {
    const used = await this.database.query(
      `insert into serial_request (request_id, request_digest, expires_at) values ($1, $2, $3)
       on conflict (request_id) do update set expires_at = excluded.expires_at
         where serial_request.request_digest = excluded.request_digest
       returning request_id`,
      [requestId, requestDigest, new Date(keptUntil)],
    );
    return used.length === 1;
  }

  async forgetExpired(now: number): Promise<void> {
    await this.database.query('delete from serial_request where expires_at < $1', [new Date(now)]);
  }
}
