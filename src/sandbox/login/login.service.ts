import { privateDecrypt, publicEncrypt, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { parseMacaroon, serializeMacaroon } from '../../common/crypto/macaroon/encoding.js';
import {
  addFirstPartyCaveat,
  addThirdPartyCaveat,
  mintMacaroon,
  type Macaroon,
} from '../../common/crypto/macaroon/macaroon.js';
import { verifyMacaroon } from '../../common/crypto/macaroon/verify.js';
import { oneTimeCode, oneTimeStep, STEP_SECONDS } from '../../common/crypto/one-time-code.js';
import { hashPassword, isPassword } from '../../common/crypto/password.js';
import { readPredicate } from '../predicate.js';
import { SandboxClockService } from '../sandbox-clock.service.js';
import { SandboxState, type SandboxAccount } from '../sandbox-state.js';
import { LoginAttempts } from './login-attempts.js';
import { LoginError } from './login-error.js';

/** How long a discharge is valid; after that, a refresh returns another one. */
export const DISCHARGE_SECONDS = 15 * 60;

/** How long after the log-in a discharge can be refreshed. */
export const REFRESH_SECONDS = 30 * 24 * 60 * 60;

/**
 * Number of steps before and after the current one whose codes are accepted, because clocks differ. RFC 6238,
 * section 5.2.
 */
const CODE_WINDOW = 1;

const SECRET_BYTES = 24;

const DISCHARGE_CAVEATS = ['account', 'valid_since', 'last_auth', 'expires'];

export interface LoginRequest {
  readonly email: string;
  readonly password: string;
  readonly caveatId: string;
  readonly otp?: string | undefined;
}

function badCredentials(): LoginError {
  return new LoginError('INVALID_CREDENTIALS', 'the e-mail address or the password is wrong');
}

/** The sandbox's single sign-on: it authenticates a user and discharges the caveat that requires it. */
@Injectable()
export class LoginService {
  private readonly attempts = new LoginAttempts();
  /** By e-mail address. */
  private readonly hashes = new Map<string, Promise<string>>();
  /** Of a password that nobody has: an unknown address must cost what a known one does. */
  private readonly nobodysHash = hashPassword(randomBytes(SECRET_BYTES).toString('hex'));
  /** By account, the step of the last accepted code: a code is valid once. RFC 6238, section 5.2. */
  private readonly usedSteps = new Map<string, number>();

  constructor(
    private readonly state: SandboxState,
    private readonly clock: SandboxClockService,
  ) {
    for (const { email, password } of state.accounts) this.hashes.set(email, hashPassword(password));
  }

  /** Restricts a macaroon to users who log in at `location`; only this service can read the secret of the caveat. */
  requireLogin(macaroon: Macaroon, location: string): Macaroon {
    const secret = randomBytes(SECRET_BYTES);
    const identifier = JSON.stringify({
      secret: publicEncrypt(this.state.loginKey, secret).toString('base64'),
      version: 1,
    });
    return addThirdPartyCaveat(macaroon, secret, Buffer.from(identifier), location);
  }

  /**
   * @param location - the host of this service
   * @returns the discharge, serialized
   * @throws LoginError
   */
  async discharge(request: LoginRequest, location: string): Promise<string> {
    const email = request.email.toLowerCase();
    const now = this.clock.now();
    const wait = this.attempts.waitSeconds(email, now);
    if (wait > 0)
      throw new LoginError('TOO_MANY_REQUESTS', `too many failed attempts: wait ${wait} seconds`, wait);
    const secret = this.openCaveat(request.caveatId);
    this.attempts.begin(email, now);
    const account = await this.authenticate(email, request.password);
    this.checkCode(account, request.otp, now);
    this.attempts.succeed(email);
    return serializeMacaroon(this.makeDischarge(account, request.caveatId, secret, location, now, now));
  }

  /**
   * Extends a discharge, expired or not.
   *
   * @throws LoginError if this service did not make it, or if the log-in is too long ago
   */
  refresh(text: string, location: string): string {
    const discharge = readDischarge(text);
    const caveatId = discharge.identifier.toString('utf8');
    const secret = this.openCaveat(caveatId);
    const said = new Map<string, string>();
    // The holder of a macaroon can add caveats: one with a repeated or an unknown caveat was changed.
    const isAsMade = (predicate: string): boolean => {
      const { name, value } = readPredicate(predicate);
      if (said.has(name) || !DISCHARGE_CAVEATS.includes(name)) return false;
      said.set(name, value);
      return true;
    };
    if (verifyMacaroon(discharge, [], secret, isAsMade).length > 0) throw badCredentials();
    const account = this.state.accounts.find(({ accountId }) => accountId === said.get('account'));
    const lastLogin = new Date(said.get('last_auth') ?? Number.NaN);
    const now = this.clock.now();
    if (!account || !(now.getTime() - lastLogin.getTime() < REFRESH_SECONDS * 1_000)) throw badCredentials();
    return serializeMacaroon(this.makeDischarge(account, caveatId, secret, location, lastLogin, now));
  }

  /** Returns an unused code of this account. If the code of this step was used, the clock moves to the next step. */
  freshCode(account: SandboxAccount): string | undefined {
    if (!account.totpSecret) return undefined;
    const used = this.usedSteps.get(account.accountId) ?? 0;
    const now = this.clock.now();
    if (oneTimeStep(now) <= used) this.clock.advance((used + 1) * STEP_SECONDS - now.getTime() / 1_000);
    return oneTimeCode(account.totpSecret, oneTimeStep(this.clock.now()));
  }

  private openCaveat(caveatId: string): Buffer {
    try {
      const { secret } = JSON.parse(caveatId) as { secret: string };
      return privateDecrypt(this.state.loginKey, Buffer.from(secret, 'base64'));
    } catch {
      throw new LoginError('INVALID_DATA', 'caveat_id is not from this service');
    }
  }

  private async authenticate(email: string, password: string): Promise<SandboxAccount> {
    const account = this.state.accounts.find((one) => one.email === email);
    const matches = await isPassword(password, await (this.hashes.get(email) ?? this.nobodysHash));
    if (account && matches) return account;
    throw badCredentials();
  }

  private checkCode(
    { accountId, email, totpSecret }: SandboxAccount,
    otp: string | undefined,
    now: Date,
  ): void {
    if (!totpSecret) return;
    if (otp === undefined) {
      this.attempts.withdraw(email, now);
      throw new LoginError(
        'TWOFACTOR_REQUIRED',
        'this account has a second factor: send a one-time code as otp',
      );
    }
    const current = oneTimeStep(now);
    const used = this.usedSteps.get(accountId) ?? 0;
    for (let step = Math.max(current - CODE_WINDOW, used + 1); step <= current + CODE_WINDOW; step += 1) {
      if (oneTimeCode(totpSecret, step) !== otp) continue;
      this.usedSteps.set(accountId, step);
      return;
    }
    throw new LoginError('TWOFACTOR_FAILURE', 'the one-time code is wrong or already used');
  }

  private makeDischarge(
    { accountId }: SandboxAccount,
    caveatId: string,
    secret: Buffer,
    location: string,
    lastLogin: Date,
    now: Date,
  ): Macaroon {
    const expires = new Date(now.getTime() + DISCHARGE_SECONDS * 1_000);
    return [
      `account|${accountId}`,
      `valid_since|${now.toISOString()}`,
      `last_auth|${lastLogin.toISOString()}`,
      `expires|${expires.toISOString()}`,
    ].reduce(
      (macaroon, said) => addFirstPartyCaveat(macaroon, `${location}|${said}`),
      mintMacaroon(secret, Buffer.from(caveatId), location),
    );
  }
}

function readDischarge(text: string): Macaroon {
  try {
    return parseMacaroon(text);
  } catch (error) {
    throw new LoginError(
      'INVALID_DATA',
      `discharge_macaroon: ${error instanceof Error ? error.message : 'unreadable'}`,
    );
  }
}
