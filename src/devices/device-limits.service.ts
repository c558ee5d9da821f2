import { Injectable, Logger } from '@nestjs/common';
import type { SerialTrust } from '../brand-stores/device-session.js';
import { StoreError } from '../common/errors.js';
import { FairQueue } from '../common/fair-queue.js';
import { GuessLimiter } from '../common/http/guess-limiter.js';
import { RateLimiter } from '../common/http/rate-limiter.js';
import { RefusalLog } from '../common/http/refusal-log.js';
import * as limits from '../common/limits.js';

/** The brand and model of a device. */
export interface ModelName {
  readonly brandId: string;
  readonly model: string;
}

/** Limits the work that requests for sessions and serials cause, by address and by model. */
@Injectable()
export class DeviceLimitsService {
  private readonly logger = new Logger(DeviceLimitsService.name);
  private readonly refusals = new RefusalLog((line) => this.logger.warn(line));
  private readonly proofs = new FairQueue(limits.PROOF_QUEUE);
  private readonly apiKeys = new GuessLimiter(limits.API_KEY_GUESSES);
  private readonly sessions = new RateLimiter(limits.SESSIONS_IN_ALL);
  private readonly sessionsOfAddress = new RateLimiter(limits.SESSIONS_PER_ADDRESS);
  private readonly sessionsOfModel = new RateLimiter(limits.UNPROVEN_SESSIONS_PER_MODEL);
  private readonly serialsOfAddress = new RateLimiter(limits.SERIALS_PER_ADDRESS);
  private readonly serialsOfModel = new RateLimiter(limits.SERIALS_PER_MODEL);

  /**
   * Checks a proof when it is the turn of its address.
   *
   * @throws StoreError `too-many-requests` or `overloaded` if too many wait, and any error of `work`
   */
  async prove<T>(address: string, work: () => Promise<T>): Promise<T> {
    return await this.proofs.run(address, work);
  }

  /**
   * Compares an API key. An address that sends wrong keys must pause.
   *
   * @param isRight - the comparison; it is not called during a pause
   * @throws StoreError `too-many-requests` during a pause
   */
  isApiKey({ brandId, model }: ModelName, address: string, isRight: () => boolean): boolean {
    const who = `${address} ${brandId}/${model}`;
    this.apiKeys.check(who);
    if (isRight()) {
      this.apiKeys.succeeded(who);
      return true;
    }
    this.apiKeys.failed(who);
    this.refusals.note(`a wrong api-key for model ${brandId}/${model} from ${address}`);
    return false;
  }

  /** Counts a session that is about to be opened. @throws StoreError `too-many-requests` */
  takeSession({ brandId, model }: ModelName, trust: SerialTrust, address: string): void {
    this.refuse(`sessions of ${address}`, () => {
      this.sessionsOfAddress.take(address);
      if (trust === 'unknown') this.sessionsOfModel.take(`${brandId}/${model}`);
      this.sessions.take('');
    });
  }

  /** Counts a device that asks for a serial for the first time. @throws StoreError `too-many-requests` */
  takeSerial({ brandId, model }: ModelName, address: string): void {
    this.refuse(`requests for serials of ${brandId}/${model} from ${address}`, () => {
      this.serialsOfAddress.take(address);
      this.serialsOfModel.take(`${brandId}/${model}`);
    });
  }

  private refuse(what: string, take: () => void): void {
    try {
      take();
    } catch (error) {
      if (error instanceof StoreError) this.refusals.note(`too many ${what}`);
      throw error;
    }
  }
}
