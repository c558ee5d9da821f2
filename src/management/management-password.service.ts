import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { isPassword } from '../common/crypto/password.js';
import { FairQueue } from '../common/fair-queue.js';
import { GuessLimiter } from '../common/http/guess-limiter.js';
import { RefusalLog } from '../common/http/refusal-log.js';
import { PASSWORD_GUESSES, PASSWORD_QUEUE } from '../common/limits.js';
import { SettingsService } from '../settings/settings.service.js';
import { GATEWAY_HASH } from './gateway-hash.settings.js';

/** What became of a password. */
export type PasswordVerdict = 'right' | 'wrong' | 'not-set';

/** The one password that opens management over the network, looked at one by one. */
@Injectable()
export class ManagementPasswordService {
  private readonly logger = new Logger(ManagementPasswordService.name);
  private readonly refusals = new RefusalLog((line) => this.logger.warn(line));
  private readonly guesses = new GuessLimiter(PASSWORD_GUESSES);
  private readonly queue = new FairQueue(PASSWORD_QUEUE);
  /** Digest of the last right password with its hash: the next call with it costs nothing. */
  private lastRight: Buffer | undefined;

  constructor(private readonly settings: SettingsService) {}

  /**
   * Looks at a password.
   *
   * @param address - whose it is: only those from there wait for each other
   * @throws StoreError `too-many-requests` where too many wrong ones came from there, or too many wait;
   *   `overloaded` where too many addresses wait
   */
  async check(password: string, address: string): Promise<PasswordVerdict> {
    const hash = await this.settings.find(GATEWAY_HASH);
    if (hash === undefined) return 'not-set';
    this.guesses.check(address);
    const digest = createHash('sha256').update(`${hash}\0${password}`).digest();
    const isRight =
      (this.lastRight !== undefined && timingSafeEqual(this.lastRight, digest)) ||
      (await this.queue.run(address, async () => await this.look(password, hash, address)));
    if (!isRight) return 'wrong';
    this.lastRight = digest;
    this.guesses.succeeded(address);
    return 'right';
  }

  private async look(password: string, hash: string, address: string): Promise<boolean> {
    // Those before it in the line may have been wrong.
    this.guesses.check(address);
    if (await isPassword(password, hash)) return true;
    this.guesses.failed(address);
    this.refusals.note(`a wrong management password from ${address}`);
    return false;
  }
}
