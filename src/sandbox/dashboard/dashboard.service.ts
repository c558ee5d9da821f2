import { createPublicKey, randomBytes, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AssertionsService } from '../../assertions/assertions.service.js';
import type { Assertion } from '../../assertions/format/assertion.js';
import { encodeStream } from '../../assertions/format/stream.js';
import { publicPem } from '../../common/crypto/pem.js';
import { generateRsaKey } from '../../common/crypto/rsa-key.js';
import { FaultsService } from '../faults/faults.service.js';
import { SandboxClockService } from '../sandbox-clock.service.js';
import { SandboxState, type SandboxAccount, type SandboxStore } from '../sandbox-state.js';
import { DashboardError } from './dashboard-error.js';
import { Nonces } from './nonces.js';
import { checkSignature, type SentRegistration } from './registration-request.js';

const STORE_ID_BYTES = 16;
const OTHER_URL = 'http://other.sandbox.test';
const OTHER_KEY_BITS = 2_048;

/** The answer to a registration. */
export interface RegistrationAnswer {
  readonly storeId: string;
  readonly publicKey: string;
  /** The stream of account-key, account and store assertion. */
  readonly assertions: Buffer;
}

function sameKey(pem: string, key: KeyObject): boolean {
  return createPublicKey(pem).equals(key);
}

/** Registers stores: `docs/registration-contract.md`. */
@Injectable()
export class DashboardService {
  private readonly nonces = new Nonces();

  constructor(
    private readonly state: SandboxState,
    private readonly clock: SandboxClockService,
    private readonly assertions: AssertionsService,
    private readonly faults: FaultsService,
  ) {}

  issueNonce({ accountId }: SandboxAccount): { nonce: string; expires: Date } {
    return this.nonces.issue(accountId, this.clock.now());
  }

  /**
   * Registers a store, or registers it again. If the same key and account ask again for the same url, they get the
   * existing registration, because its answer may have been lost.
   *
   * @param path - the path of the request, for faults
   * @throws DashboardError
   */
  async register(
    account: SandboxAccount,
    request: SentRegistration,
    path: string,
  ): Promise<RegistrationAnswer> {
    const now = this.clock.now();
    if (!this.nonces.take(request.nonce, account.accountId, now))
      throw new DashboardError(
        'invalid-nonce',
        'cannot register the store: the nonce is unknown, used or expired',
      );
    checkSignature(request);
    const before = this.findBefore(account, request);
    const registration: SandboxStore = {
      storeId: before?.storeId ?? randomBytes(STORE_ID_BYTES).toString('hex'),
      accountId: account.accountId,
      url: request.url,
      publicKey: request.publicKey,
      assertionRevision: before ? before.assertionRevision + 1 : 0,
      timestamp: now.toISOString(),
      ...(request.survey && { survey: request.survey }),
    };
    const wrong = this.faults.take(path, ['other-url', 'other-store', 'other-key']);
    if (wrong?.kind === 'other-url') return this.answer(account, { ...registration, url: OTHER_URL });
    if (wrong?.kind === 'other-store')
      return {
        ...this.answer(account, { ...registration, storeId: 'other-store' }),
        storeId: registration.storeId,
      };
    if (wrong) return this.answer(account, { ...registration, publicKey: otherKey() });
    this.state.keep(registration);
    await this.publish(registration);
    return this.answer(account, registration);
  }

  /** Publishes all signed assertions on `/v2/assertions`, also those from before a restart. */
  async publishAll(): Promise<void> {
    for (const registration of this.state.registrations) await this.publish(registration);
  }

  private async publish(registration: SandboxStore): Promise<void> {
    const account = this.state.accounts.find(({ accountId }) => accountId === registration.accountId);
    if (account) await this.assertions.addAll(this.sign(account, registration));
  }

  private findBefore(
    { accountId }: SandboxAccount,
    { storeId, url, key }: SentRegistration,
  ): SandboxStore | undefined {
    const isTheirs = (one: SandboxStore) => one.accountId === accountId && sameKey(one.publicKey, key);
    const { registrations } = this.state;
    const known = registrations.find((one) => one.storeId === storeId);
    if (storeId !== undefined && !(known && isTheirs(known)))
      throw new DashboardError(
        'not-owner',
        `cannot register the store: store-id ${JSON.stringify(storeId)} belongs to another key or account`,
      );
    const holder = registrations.find((one) => one.url === url);
    const isFree = !holder || (storeId === undefined ? isTheirs(holder) : holder === known);
    if (!isFree)
      throw new DashboardError(
        'url-taken',
        `cannot register the store: ${url} belongs to another registration`,
      );
    return known ?? holder;
  }

  private answer(account: SandboxAccount, registration: SandboxStore): RegistrationAnswer {
    const { storeId, publicKey } = registration;
    return { storeId, publicKey, assertions: encodeStream(this.sign(account, registration)) };
  }

  private sign({ accountId, displayName }: SandboxAccount, registration: SandboxStore): Assertion[] {
    const { stack } = this.state;
    const { storeId, url, assertionRevision, timestamp } = registration;
    stack.account(accountId, { headers: { 'display-name': displayName } });
    const headers = { revision: String(assertionRevision), timestamp };
    return stack.chain(stack.store({ store: storeId, operatorId: accountId, url }, { headers }));
  }
}

function otherKey(): string {
  return publicPem(generateRsaKey(OTHER_KEY_BITS));
}
