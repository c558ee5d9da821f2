import { Injectable } from '@nestjs/common';
import { StoreError } from '../common/errors.js';
import { isCsrfToken } from './operator-session.js';
import { OperatorSessionsService } from './operator-sessions.service.js';
import { FIRST_OPERATOR } from './operator.js';
import type { OperatorSecrets } from './operators.repository.js';
import { OperatorsService } from './operators.service.js';
import type { Principal } from './principal.js';
import { SignInPausesService } from './sign-in-pauses.service.js';
import { SignInService } from './sign-in.service.js';
import { tokenRoleOf, TokensService } from './tokens.service.js';

/** What a request brings along to say who asks. */
export interface Credentials {
  /** The header `Authorization`. */
  readonly authorization: string | undefined;
  /** The secret in the session's cookie. */
  readonly sessionSecret?: string | undefined;
  /** The header `X-CSRF-Token`. */
  readonly csrf?: string | undefined;
  /** Whether it may change something, which a cookie alone is not enough for. */
  readonly isChange: boolean;
  readonly address: string;
}

/** What is said to credentials that open nothing. */
interface Refusals {
  readonly wrong: string;
  readonly notSet: string;
}

const ADMIN_REFUSALS: Refusals = {
  wrong:
    'cannot authenticate: send a token (Authorization: Bearer), name and password of an operator (Authorization: Basic), or the cookie of a session',
  notSet:
    'cannot authenticate: no management password is set; `enable-airgap-mode` or `set-operator admin --password @FILE` sets one on the store itself',
};

/** As the API for overrides has always said. */
const OVERRIDES_REFUSALS: Refusals = {
  wrong: 'cannot let you in: give the management password (HTTP Basic, any user name)',
  notSet:
    'cannot let anybody in: no management password is set; `enable-airgap-mode` sets one on the store itself',
};

/** Finds out who asks over the network. The session of a device is nobody's here. */
@Injectable()
export class AuthenticationService {
  constructor(
    private readonly signIns: SignInService,
    private readonly pauses: SignInPausesService,
    private readonly operators: OperatorsService,
    private readonly tokens: TokensService,
    private readonly sessions: OperatorSessionsService,
  ) {}

  /**
   * Who asks.
   *
   * @throws StoreError `unauthorized` where the credentials open nothing, `forbidden` where a change comes with a
   *   cookie and without its CSRF token, `too-many-requests` where too many wrong ones came before
   */
  async authenticate(credentials: Credentials): Promise<Principal> {
    const { authorization, sessionSecret, address } = credentials;
    const bearer = bearerToken(authorization);
    if (bearer !== undefined) return await this.byToken(bearer, address, ADMIN_REFUSALS);
    const basic = basicCredentials(authorization);
    if (basic) return await this.byPassword(basic, address, ADMIN_REFUSALS);
    if (authorization === undefined && sessionSecret !== undefined)
      return await this.bySession(sessionSecret, credentials);
    throw new StoreError('unauthorized', ADMIN_REFUSALS.wrong);
  }

  /**
   * As {@link authenticate}, for the API of overrides: no cookies, and a user name that no operator has stands for the
   * management password.
   */
  async authenticateForOverrides({ authorization, address }: Credentials): Promise<Principal> {
    const bearer = bearerToken(authorization);
    if (bearer !== undefined) return await this.byToken(bearer, address, OVERRIDES_REFUSALS);
    const basic = basicCredentials(authorization);
    if (!basic) throw new StoreError('unauthorized', OVERRIDES_REFUSALS.wrong);
    const operator = await this.operators.findNamedOrFirst(basic.name);
    const given = { ...basic, name: operator?.name ?? FIRST_OPERATOR };
    return await this.byPassword(given, address, OVERRIDES_REFUSALS, operator);
  }

  private async byToken(text: string, address: string, { wrong }: Refusals): Promise<Principal> {
    const guesser = { account: '', address };
    await this.pauses.check(guesser);
    const token = await this.tokens.use(text);
    if (!token) {
      await this.pauses.failed(guesser);
      throw new StoreError('unauthorized', wrong);
    }
    const { name, scopes, operator, expiresAt } = token;
    return {
      kind: 'token',
      name,
      operator: operator ?? undefined,
      role: tokenRoleOf(token),
      scopes,
      expiresAt: expiresAt ?? undefined,
    };
  }

  private async byPassword(
    basic: { name: string; password: string },
    address: string,
    { wrong, notSet }: Refusals,
    operator?: OperatorSecrets,
  ): Promise<Principal> {
    const signIn = await this.signIns.check({ ...basic, address }, operator);
    if (signIn.verdict === 'right') {
      const { name, role } = signIn.operator;
      return { kind: 'operator', name, operator: name, role, scopes: [] };
    }
    const messages = {
      wrong,
      'not-set': notSet,
      'code-needed': `cannot authenticate ${basic.name} by the password alone: a one-time code is needed; open a session, or use a token`,
    };
    throw new StoreError('unauthorized', messages[signIn.verdict]);
  }

  private async bySession(secret: string, { csrf, isChange }: Credentials): Promise<Principal> {
    const open = await this.sessions.use(secret);
    if (!open)
      throw new StoreError('unauthorized', 'cannot go on with this session: it has ended; sign in again');
    if (isChange && !isCsrfToken(secret, csrf ?? ''))
      throw new StoreError(
        'forbidden',
        'cannot change anything with a cookie alone: send the CSRF token of the session as X-CSRF-Token',
      );
    const { session, operator } = open;
    return {
      kind: 'operator',
      name: operator.name,
      operator: operator.name,
      role: operator.role,
      scopes: [],
      session: { id: session.id, secret },
    };
  }
}

/** @see RFC 6750, section 2.1 */
function bearerToken(header: string | undefined): string | undefined {
  return /^bearer +([-A-Za-z0-9._~+/]+=*) *$/i.exec(header ?? '')?.[1];
}

/** @see RFC 7617, section 2 */
function basicCredentials(header: string | undefined): { name: string; password: string } | undefined {
  const [, credentials] = /^basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(header ?? '') ?? [];
  if (credentials === undefined) return undefined;
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
