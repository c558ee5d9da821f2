import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { DOMAIN } from '../settings/server.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import type { Operator } from './operator.js';
import { OperatorsService } from './operators.service.js';
import { SignInService } from './sign-in.service.js';
import { checkTotp, isTotpSecret, makeTotpSecret, totpUri } from './totp.js';

/** How somebody who is signed in says that it is still them. */
export interface Confirmation {
  readonly name: string;
  readonly password: string;
  /** A one-time code, where the second factor is on. */
  readonly code?: string | undefined;
  readonly address: string;
}

/**
 * What operators change of their own accounts. Each change needs the password again: a session that was left open, or
 * a stolen cookie, is not enough.
 */
@Injectable()
export class AccountService {
  constructor(
    private readonly operators: OperatorsService,
    private readonly signIns: SignInService,
    private readonly settings: SettingsService,
  ) {}

  /**
   * Sets another password. The sessions of the operator end.
   *
   * @throws StoreError `forbidden` on a wrong password or code, `invalid-request` on a new one that cannot be used
   */
  async changePassword(by: Confirmation, password: string): Promise<Operator> {
    await this.confirm('change the password', by);
    return await this.operators.change(by.name, { password });
  }

  /** Makes a secret for an authenticator app, which {@link turnOnSecondFactor} confirms. Nothing changes. */
  async newSecret(name: string): Promise<{ secret: string; uri: string }> {
    const secret = makeTotpSecret();
    return { secret, uri: totpUri(secret, name, await this.settings.get(DOMAIN)) };
  }

  /**
   * Asks for one-time codes from now on.
   *
   * @param secret - one that {@link newSecret} has made
   * @param code - of this secret: the operator's app has it
   * @throws StoreError `conflict` where the second factor is on, `forbidden` on a wrong password, `invalid-request` on
   *   a wrong secret or code
   */
  async turnOnSecondFactor(by: Confirmation, secret: string, code: string): Promise<Operator> {
    const doing = 'turn on the second factor';
    if ((await this.operators.get(by.name)).hasSecondFactor)
      throw new StoreError('conflict', `cannot ${doing}: it is on; turn it off first`);
    if (!isTotpSecret(secret))
      throw new StoreError('invalid-request', `cannot ${doing}: give the secret that was shown`, {
        field: 'secret',
      });
    const step = checkTotp(secret, code, 0, Date.now());
    if (step === undefined)
      throw new StoreError(
        'invalid-request',
        `cannot ${doing}: that is not the code of this secret; look at the clocks of both machines`,
        { field: 'code' },
      );
    await this.confirm(doing, { ...by, code: undefined });
    const changed = await this.operators.change(by.name, { totpSecret: secret }, expectNoSecondFactor);
    await this.operators.useTotpStep(by.name, step);
    return changed;
  }

  /** Asks for the password alone from now on. @throws StoreError `forbidden` on a wrong password or code */
  async turnOffSecondFactor(by: Confirmation): Promise<Operator> {
    await this.confirm('turn off the second factor', by);
    return await this.operators.change(by.name, { totpSecret: null });
  }

  /** Wrong passwords count as those of signing in do. */
  private async confirm(doing: string, by: Confirmation): Promise<void> {
    const { verdict } = await this.signIns.check(by);
    if (verdict === 'right') return;
    const [why, field] =
      verdict === 'code-needed'
        ? ['give a one-time code too', 'code']
        : verdict === 'not-set'
          ? ['you have no password', 'password']
          : ['the password or the one-time code is wrong', 'password'];
    throw new StoreError('forbidden', `cannot ${doing}: ${why}`, { field });
  }
}

function expectNoSecondFactor({ hasSecondFactor }: Operator): void {
  if (hasSecondFactor)
    throw new StoreError('conflict', 'cannot turn on the second factor: it was turned on meanwhile');
}
