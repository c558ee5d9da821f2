import { createHash, timingSafeEqual } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { hashPassword, isPassword } from '../common/crypto/password.js';
import { FairQueue } from '../common/fair-queue.js';
import { RefusalLog } from '../common/http/refusal-log.js';
import { PASSWORD_QUEUE } from '../common/limits.js';
import { LruCache } from '../common/lru-cache.js';
import { FIRST_OPERATOR, isOperatorName } from './operator.js';
import type { OperatorSecrets } from './operators.repository.js';
import { OperatorsService } from './operators.service.js';
import { SignInPausesService, type Guesser } from './sign-in-pauses.service.js';
import { checkTotp } from './totp.js';

/** Right passwords of which a digest is remembered: the next call with one of them costs no hash. */
const REMEMBERED_PASSWORDS = 64;

/** What somebody signs in with. */
export interface GivenPassword {
  readonly name: string;
  readonly password: string;
  /** A one-time code, for operators with a second factor. */
  readonly code?: string | undefined;
  readonly address: string;
}

/** What became of it. */
export type SignIn =
  | { readonly verdict: 'right'; readonly operator: OperatorSecrets }
  | { readonly verdict: 'wrong' | 'code-needed' }
  /** Of the first operator: nobody has set its password. */
  | { readonly verdict: 'not-set' };

/** Looks at the passwords of operators, one by one. */
@Injectable()
export class SignInService {
  private readonly logger = new Logger(SignInService.name);
  private readonly refusals = new RefusalLog((line) => this.logger.warn(line));
  private readonly queue = new FairQueue(PASSWORD_QUEUE);
  private readonly remembered = new LruCache<Buffer>(REMEMBERED_PASSWORDS);
  /** Of a password that nobody has: an unknown name must cost what a known one does. */
  private nobodysHash: Promise<string> | undefined;

  constructor(
    private readonly operators: OperatorsService,
    private readonly pauses: SignInPausesService,
  ) {}

  /**
   * Looks at a password, and at the one-time code where the operator has a second factor.
   *
   * @param known - the operator of that name, where the caller has looked it up
   * @throws StoreError `too-many-requests` where too many wrong ones came from there or for that operator, or too many
   *   wait; `overloaded` where too many addresses wait
   */
  async check(given: GivenPassword, known?: OperatorSecrets): Promise<SignIn> {
    const isNamed = isOperatorName(given.name);
    const operator = known ?? (isNamed ? await this.operators.findSecrets(given.name) : undefined);
    if (operator?.name === FIRST_OPERATOR && operator.passwordHash === undefined)
      return { verdict: 'not-set' };
    const guesser = { account: isNamed ? given.name : '', address: given.address };
    const hadFailed = await this.pauses.check(guesser);
    if (!(await this.isRight(given, operator, guesser)) || !operator) return { verdict: 'wrong' };
    const second = await this.checkCode(operator, given.code, guesser);
    if (second !== 'right') return { verdict: second };
    const key = `${given.name}\0${given.address}`;
    const digest = digestOf(given.password, operator.passwordHash ?? '');
    if (hadFailed || !isSame(this.remembered.get(key), digest))
      await this.pauses.succeeded(guesser, hadFailed);
    this.remembered.set(key, digest);
    return { verdict: 'right', operator };
  }

  private async isRight(
    { name, password, address }: GivenPassword,
    operator: OperatorSecrets | undefined,
    guesser: Guesser,
  ): Promise<boolean> {
    const hash = operator?.isDisabled ? undefined : operator?.passwordHash;
    if (hash !== undefined && isSame(this.remembered.get(`${name}\0${address}`), digestOf(password, hash)))
      return true;
    return await this.queue.run(address, async () => {
      // Those before it in the line may have been wrong.
      await this.pauses.check(guesser);
      const isRight = await isPassword(password, hash ?? (await this.hashOfNobody()));
      if (isRight && hash !== undefined) return true;
      await this.fail(guesser, 'password');
      return false;
    });
  }

  private async checkCode(
    operator: OperatorSecrets,
    code: string | undefined,
    guesser: Guesser,
  ): Promise<'right' | 'wrong' | 'code-needed'> {
    if (operator.totpSecret === undefined) return 'right';
    if (code === undefined || code === '') return 'code-needed';
    const step = checkTotp(operator.totpSecret, code, operator.totpStep, Date.now());
    if (step !== undefined && (await this.operators.useTotpStep(operator.name, step))) return 'right';
    await this.fail(guesser, 'one-time code');
    return 'wrong';
  }

  private async fail(guesser: Guesser, what: string): Promise<void> {
    await this.pauses.failed(guesser);
    this.refusals.note(`a wrong management ${what} from ${guesser.address}`);
  }

  private async hashOfNobody(): Promise<string> {
    this.nobodysHash ??= hashPassword('the password of nobody');
    return await this.nobodysHash;
  }
}

function digestOf(password: string, hash: string): Buffer {
  return createHash('sha256').update(`${hash}\0${password}`).digest();
}

function isSame(one: Buffer | undefined, other: Buffer): boolean {
  return one !== undefined && timingSafeEqual(one, other);
}
