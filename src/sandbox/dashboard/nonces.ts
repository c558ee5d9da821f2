import { randomBytes } from 'node:crypto';
import { LruCache } from '../../common/lru-cache.js';

/** How long a nonce is valid. */
export const NONCE_SECONDS = 5 * 60;

/** Most nonces that are valid at the same time; above that, the oldest is dropped. */
export const MAX_NONCES = 1_024;

const NONCE_BYTES = 24;

interface Issued {
  readonly accountId: string;
  readonly expires: Date;
}

/** Nonces: each is valid once, for one account. */
export class Nonces {
  private readonly issued = new LruCache<Issued>(MAX_NONCES);

  issue(accountId: string, now: Date): { nonce: string; expires: Date } {
    const nonce = randomBytes(NONCE_BYTES).toString('base64url');
    const expires = new Date(now.getTime() + NONCE_SECONDS * 1_000);
    this.issued.set(nonce, { accountId, expires });
    return { nonce, expires };
  }

  /** Uses up a nonce, valid or not. @returns whether it was valid */
  take(nonce: string, accountId: string, now: Date): boolean {
    const issued = this.issued.get(nonce);
    if (issued?.accountId !== accountId) return false;
    this.issued.delete(nonce);
    return now < issued.expires;
  }
}
