import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { ACCOUNT_GUESSES, PASSWORD_GUESSES } from '../common/limits.js';
import { LruCache } from '../common/lru-cache.js';
import { SignInFailuresRepository } from './sign-in-failures.repository.js';

/** Wrong ones after which a unit clears away what is forgiven, and what is too much. */
const CLEAR_AFTER = 64;

const NO_ACCOUNT = '';

/** Somebody who wants to sign in. */
export interface Guesser {
  /** The operator that is named; empty for what names none, such as a token. */
  readonly account: string;
  readonly address: string;
}

/**
 * Slows whoever guesses, on all units together: each wrong password doubles the pause of its address, and many of them
 * that of the account, except from addresses where its operator signed in lately.
 */
@Injectable()
export class SignInPausesService {
  /** Pauses of addresses that this unit knows of: whoever does not wait costs no query. In milliseconds since 1970. */
  private readonly paused = new LruCache<number>(PASSWORD_GUESSES.guessers);
  private failures = 0;

  constructor(private readonly repository: SignInFailuresRepository) {}

  /**
   * Must be asked before a secret is compared with the right one, however cheap that is.
   *
   * @returns whether wrong ones came before
   * @throws StoreError `too-many-requests` during a pause
   */
  async check({ account, address }: Guesser): Promise<boolean> {
    const leftMs = (this.paused.get(address) ?? 0) - Date.now();
    if (leftMs > 0) throw pausedError('address', leftMs);
    const states = await this.repository.find(account, address);
    for (const { kind, pauseMs } of states) {
      if (pauseMs <= 0) continue;
      if (kind === 'address') this.paused.set(address, Date.now() + pauseMs);
      else if (await this.repository.isKnown(account, address)) continue;
      throw pausedError(kind, pauseMs);
    }
    return states.length > 0;
  }

  /** Notes a wrong one. */
  async failed({ account, address }: Guesser): Promise<void> {
    await this.repository.add('address', address, PASSWORD_GUESSES);
    if (account !== NO_ACCOUNT) await this.repository.add('account', account, ACCOUNT_GUESSES);
    this.failures += 1;
    if (this.failures % CLEAR_AFTER !== 0) return;
    await this.repository.clear('address', PASSWORD_GUESSES);
    await this.repository.clear('account', ACCOUNT_GUESSES);
  }

  /** Notes the right one: whoever knows it has no need to guess. */
  async succeeded({ account, address }: Guesser, hadFailed: boolean): Promise<void> {
    if (hadFailed) await this.repository.forget(account, address);
    await this.repository.know(account, address);
  }
}

function pausedError(kind: 'account' | 'address', leftMs: number): StoreError {
  const retryAfterSeconds = Math.ceil(leftMs / 1_000);
  const [what, whence] =
    kind === 'address'
      ? [PASSWORD_GUESSES.what, 'from this address']
      : [ACCOUNT_GUESSES.what, 'from other addresses too'];
  return new StoreError(
    'too-many-requests',
    `cannot look at the ${what}: too many wrong ones came ${whence}; try again in ${retryAfterSeconds} seconds`,
    { retryAfterSeconds },
  );
}
