import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Role } from '../../common/domain/role.js';
import { StoreError } from '../../common/errors.js';
import { readSignedUrl } from '../../common/http/store-url.js';
import { MAX_PENDING_SIGN_INS_PER_ADDRESS, PENDING_SIGN_IN_LIFETIME_MS } from '../../common/limits.js';
import { TransactionsService } from '../../database/transactions.service.js';
import { isLoopbackHost } from '../../outgoing/issuer.settings.js';
import { OidcClientService, type OidcChecks, type OidcClaims } from '../../outgoing/oidc-client.service.js';
import { STORE_URL } from '../../settings/identity.settings.js';
import { SettingsService } from '../../settings/settings.service.js';
import { ActorContextService } from '../audit/actor-context.service.js';
import { ManagementSecretService } from '../management-secret.service.js';
import { MANAGEMENT_PLAIN_HTTP } from '../management.settings.js';
import type { OperatorSecrets } from '../operators.repository.js';
import { OperatorsService } from '../operators.service.js';
import { secretDigest } from '../token.js';
import { MAX_SUBJECT_LENGTH, namesOfClaims, roleOfClaims } from './claims.js';
import { OidcOperatorsService, type Identity } from './oidc-operators.service.js';
import { MANAGEMENT_URL, OIDC_ROLES, OIDC_ROLES_CLAIM } from './oidc.settings.js';
import { PendingSignInsRepository } from './pending-sign-ins.repository.js';

/** Below the URL of the store: where the identity provider sends browsers back. */
export const CALLBACK_PATH = '/admin/v1/session/oidc/callback';

/** Who adds operators here, and decides about their roles. */
const IDENTITY_PROVIDER = { kind: 'store', name: 'identity-provider' } as const;

const SECRET_BYTES = 32;
const SECRET = /^[A-Za-z0-9_-]{43}$/;

/** A browser that comes back from the identity provider. */
export interface ReturningBrowser {
  /** Of the URL that it was sent to, with the question mark. */
  readonly query: string;
  /** What only the browser has that began the sign-in. */
  readonly secret: string | undefined;
  readonly address: string;
  readonly requestId: string | undefined;
}

/** Signing in at the identity provider of the site. Every unit can finish what another one began. */
@Injectable()
export class OidcSignInService {
  constructor(
    private readonly settings: SettingsService,
    private readonly client: OidcClientService,
    private readonly pending: PendingSignInsRepository,
    private readonly transactions: TransactionsService,
    private readonly secret: ManagementSecretService,
    private readonly oidcOperators: OidcOperatorsService,
    private readonly operators: OperatorsService,
    private readonly actors: ActorContextService,
  ) {}

  /**
   * Begins a sign-in.
   *
   * @returns where the browser goes, and the secret that it keeps until it comes back
   * @throws StoreError `not-configured` without an identity provider or an address of this store, `too-many-requests`
   *   where too many are not finished, `upstream-failed` if the identity provider cannot be used
   */
  async begin(address: string): Promise<{ url: URL; secret: string }> {
    const [state, secret] = [randomText(), randomText()];
    const checks = await this.checksOf(state, secret);
    // First: whoever begins too many costs the identity provider nothing.
    await this.transactions.run(async (tx) => {
      await this.pending.lock(tx);
      if ((await this.pending.count(tx, address)) >= MAX_PENDING_SIGN_INS_PER_ADDRESS)
        throw new StoreError(
          'too-many-requests',
          `cannot begin to sign in: ${MAX_PENDING_SIGN_INS_PER_ADDRESS} sign-ins from this address are not finished`,
          { retryAfterSeconds: PENDING_SIGN_IN_LIFETIME_MS / 1_000 },
        );
      await this.pending.add(tx, secretDigest(state), secretDigest(secret), address);
    });
    return { url: await this.client.authorizationUrl(checks), secret };
  }

  /**
   * Finishes a sign-in.
   *
   * @throws StoreError `invalid-request` where this browser began none, `unauthorized` where the identity provider refused,
   *   `forbidden` where it gives no role, `upstream-failed` where it cannot be reached or trusted
   */
  async finish({ query, secret = '', address, requestId }: ReturningBrowser): Promise<OperatorSecrets> {
    const states = new URLSearchParams(query).getAll('state');
    const state = states[0] ?? '';
    const known = states.length === 1 && SECRET.test(state) && (await this.pending.take(secretDigest(state)));
    if (!known || !SECRET.test(secret) || !known.browserHash.equals(secretDigest(secret)))
      throw new StoreError(
        'invalid-request',
        `cannot finish to sign in: this browser did not begin it, it was finished, or it is older than ${PENDING_SIGN_IN_LIFETIME_MS / 60_000} minutes; start again`,
      );
    const claims = await this.client.exchange(query, await this.checksOf(state, secret));
    const identity = identityOf(claims);
    return await this.actors.run({ ...IDENTITY_PROVIDER, address, requestId }, () =>
      this.admit(identity, claims),
    );
  }

  private async admit(identity: Identity, claims: OidcClaims): Promise<OperatorSecrets> {
    const role = await this.roleOf(claims);
    if (role === undefined) {
      await this.oidcOperators.shutOut(identity);
      throw new StoreError(
        'forbidden',
        `cannot sign in: the identity provider gives ${identity.names[0]} no role of this store; see ${OIDC_ROLES.key}`,
      );
    }
    const { name } = await this.oidcOperators.signIn(identity, role);
    const operator = await this.operators.findSecrets(name);
    if (operator) return operator;
    throw new StoreError('unauthorized', `cannot sign in: operator ${name} was removed meanwhile`);
  }

  private async roleOf(claims: OidcClaims): Promise<Role | undefined> {
    const claim = await this.settings.get(OIDC_ROLES_CLAIM);
    return roleOfClaims(claims, claim, await this.settings.get(OIDC_ROLES));
  }

  /** What a sign-in is checked with follows from the two secrets of it, so the database holds none of it. */
  private async checksOf(state: string, secret: string): Promise<OidcChecks> {
    const of = async (purpose: string) =>
      (await this.secret.hmac(purpose, `${state}\0${secret}`)).toString('base64url');
    return {
      redirectUri: await this.redirectUri(),
      state,
      nonce: await of('oidc nonce'),
      verifier: await of('oidc verifier'),
    };
  }

  /** By the address that the store knows of itself: whoever sends a request decides nothing about it. */
  private async redirectUri(): Promise<string> {
    const set = await this.settings.find(MANAGEMENT_URL);
    const url = readSignedUrl(set?.href ?? (await this.settings.getText(STORE_URL.key)) ?? '');
    const refuse = (why: string) =>
      new StoreError(
        'not-configured',
        `cannot sign in by the identity provider: ${why}; \`config ${MANAGEMENT_URL.key}=https://...\` says where browsers find this store`,
      );
    if (!url) throw refuse('the store does not know its own URL');
    const isPrivate = url.scheme === 'https' || isLoopbackHost(url.hostname);
    if (isPrivate || (await this.settings.get(MANAGEMENT_PLAIN_HTTP))) return `${url.base}${CALLBACK_PATH}`;
    throw refuse(`the URL of the store, ${url.base}, is plain HTTP`);
  }
}

function randomText(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

function identityOf(claims: OidcClaims): Identity {
  const { iss, sub } = claims;
  if (sub === '' || sub.length > MAX_SUBJECT_LENGTH || sub.includes('\0'))
    throw new StoreError(
      'upstream-failed',
      'cannot sign in: the identity provider names nobody that can be kept',
    );
  return { issuer: iss, subject: sub, names: namesOfClaims(claims) };
}
