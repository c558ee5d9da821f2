import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';

/** The nonces that were used and have not expired, which all units share. */
@Injectable()
export class DeviceSessionNonceRepository {
  constructor(private readonly database: DatabaseService) {}

  /**
   * Uses a nonce up, for one request only.
   *
   * @param requestDigest - of the request; the same one may come again, since snapd repeats what got no answer
   * @param expiresAt - milliseconds since 1970
   * @returns whether the nonce was this request's to use
   */
  async use(nonce: string, requestDigest: Buffer, expiresAt: number): Promise<boolean> {
    const used = await this.database.query<{ nonce: string }>(
      `insert into device_session_nonce (nonce, request_digest, expires_at) values ($1, $2, $3)
       on conflict (nonce) do update set nonce = excluded.nonce
         where device_session_nonce.request_digest = excluded.request_digest
       returning nonce`,
      [nonce, requestDigest, new Date(expiresAt)],
    );
    return used.length === 1;
  }

  /** Forgets nonces that are refused for their age. */
  async forgetExpired(now: number): Promise<void> {
    await this.database.query('delete from device_session_nonce where expires_at < $1', [new Date(now)]);
  }
}
