import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { isPassword } from '../common/password.js';
import { GATEWAY_HASH } from './gateway-hash-setting.js';
import { SettingsService } from './settings.service.js';

/** Passwords that may wait for their turn; each takes 400 ms and 128 MiB. */
export const MAX_WAITING_PASSWORDS = 8;

/** What became of a password: `busy` means that too many are being looked at. */
export type PasswordVerdict = 'right' | 'wrong' | 'not-set' | 'busy';

/** The one password that opens management over the network, looked at one by one. */
@Injectable()
export class ManagementPassword {
  /** Digest of the last right password with its hash: the next call with it costs nothing. */
  private lastRight: Buffer | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  constructor(private readonly settings: SettingsService) {}

  async check(password: string): Promise<PasswordVerdict> {
    const hash = await this.settings.find(GATEWAY_HASH);
    if (hash === undefined) return 'not-set';
    const digest = createHash('sha256').update(`${hash}\0${password}`).digest();
    if (this.lastRight && timingSafeEqual(this.lastRight, digest)) return 'right';
    if (this.waiting >= MAX_WAITING_PASSWORDS) return 'busy';
    this.waiting += 1;
    const looking = this.turn.then(() => isPassword(password, hash));
    this.turn = looking.catch(() => undefined);
    try {
      if (!(await looking)) return 'wrong';
      this.lastRight = digest;
      return 'right';
    } finally {
      this.waiting -= 1;
    }
  }
}
