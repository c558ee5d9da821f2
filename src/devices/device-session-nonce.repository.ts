import { Injectable } from '@nestjs/common';
import { DatabaseService } from '../database/database.service.js';

/** The used nonces that have not expired. All units share them. */
@Injectable()
export class DeviceSessionNonceRepository {
  constructor(private readonly database: DatabaseService) {}

  /**
   * Marks a nonce as used by one request.
   *
   * @param requestDigest - digest of the request; the same one may come again, because snapd repeats unanswered
   *   requests
   * @param expiresAt - milliseconds since 1970
   * @returns false if another request has used the nonce
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

  /** Deletes nonces that have expired. */
  async forgetExpired(now: number): Promise<void> {
    await this.database.query('delete from device_session_nonce where expires_at < $1', [new Date(now)]);
  }
}
