import { Injectable } from '@nestjs/common';
import type { Configuration, ServerMetadata } from 'openid-client';
import { StoreError } from '../common/errors.js';
import { SettingsService } from '../settings/settings.service.js';
import type { IssuerConnection } from './issuer-connection.js';
import { isLoopbackHost, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_SCOPES } from './issuer.settings.js';
import { OutgoingHttpService } from './outgoing-http.service.js';

/** For how long the description of the identity provider is remembered, in milliseconds. */
const DESCRIPTION_LIFETIME_MS = 60_000;

/** What makes a sign-in the one that was begun. */
export interface OidcChecks {
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  /** PKCE, RFC 7636 */
  readonly verifier: string;
}

/** What the identity provider says of somebody: the claims of an ID token whose signature was checked. */
export interface OidcClaims {
  readonly iss: string;
  readonly sub: string;
  readonly [claim: string]: unknown;
}

interface Description {
  readonly issuer: string;
  readonly metadata: ServerMetadata;
  readonly until: number;
}

/**
 * The identity provider that the settings name, by OpenID Connect: code flow with PKCE. The package that speaks it gets
 * its connections from here, and has no other.
 */
@Injectable()
export class OidcClientService {
  private description: Description | undefined;

  constructor(
    private readonly settings: SettingsService,
    private readonly outgoing: OutgoingHttpService,
  ) {}

  /**
   * Where a browser signs in.
   *
   * @throws StoreError `not-configured` without an identity provider, `upstream-failed` if it cannot be used
   */
  async authorizationUrl({ redirectUri, state, nonce, verifier }: OidcChecks): Promise<URL> {
    return await this.using(async (client, config) =>
      client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        response_type: 'code',
        scope: await this.settings.get(OIDC_SCOPES),
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }),
    );
  }

  /**
   * Exchanges the code, with which the identity provider sent a browser back, for what it says of somebody.
   *
   * @param query - of the URL that the browser was sent back to
   * @throws StoreError `unauthorized` if it refused the person or the code, `upstream-failed` if it cannot be reached or
   *   its answer is not to be trusted
   */
  async exchange(query: string, { redirectUri, state, nonce, verifier }: OidcChecks): Promise<OidcClaims> {
    return await this.using(async (client, config) => {
      // Without this the signature would not be looked at, since the token comes from the provider itself.
      client.enableNonRepudiationChecks(config);
      const url = new URL(redirectUri);
      url.search = query;
      const tokens = await client.authorizationCodeGrant(config, url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = tokens.claims();
      if (!claims) throw new Error('it sent no ID token');
      return claims;
    });
  }

  private async using<T>(
    work: (client: typeof import('openid-client'), config: Configuration) => Promise<T>,
  ): Promise<T> {
    const { connection, issuer } = await this.outgoing.openIssuer();
    // Loaded only here: whoever does not use it starts faster.
    const client = await import('openid-client');
    const { oidcFailure } = await import('./oidc-failure.js');
    try {
      return await work(client, await this.configure(client, connection, issuer));
    } catch (error) {
      throw oidcFailure(issuer, error);
    } finally {
      await connection.close();
    }
  }

  private async configure(
    client: typeof import('openid-client'),
    connection: IssuerConnection,
    issuer: URL,
  ): Promise<Configuration> {
    const clientId = (await this.settings.find(OIDC_CLIENT_ID)) ?? '';
    if (clientId === '')
      throw new StoreError('not-configured', `cannot sign in: ${OIDC_CLIENT_ID.key} is not set`);
    const secret = (await this.settings.find(OIDC_CLIENT_SECRET)) ?? '';
    const metadata = await this.describe(client, connection, issuer);
    const config = new client.Configuration(metadata, clientId, {}, authentication(client, metadata, secret));
    config[client.customFetch] = connection.fetch.bind(connection);
    if (isLoopbackHost(issuer.hostname)) client.allowInsecureRequests(config);
    return config;
  }

  /** What the identity provider says of itself, with endpoints of its own origin alone. */
  private async describe(
    client: typeof import('openid-client'),
    connection: IssuerConnection,
    issuer: URL,
  ): Promise<ServerMetadata> {
    const known = this.description;
    if (known && known.issuer === issuer.href && known.until > Date.now()) return known.metadata;
    const found = await client.discovery(issuer, 'discovery', {}, client.None(), {
      [client.customFetch]: connection.fetch.bind(connection),
      ...(isLoopbackHost(issuer.hostname) && { execute: [client.allowInsecureRequests] }),
    });
    const metadata: ServerMetadata = { ...found.serverMetadata() };
    // The package lets some providers name another issuer.
    if (new URL(metadata.issuer).href !== issuer.href)
      throw new Error(`it says that it is ${metadata.issuer}`);
    connection.check(metadata.authorization_endpoint, 'authorization_endpoint');
    connection.check(metadata.token_endpoint, 'token_endpoint');
    connection.check(metadata.jwks_uri, 'jwks_uri');
    this.description = { issuer: issuer.href, metadata, until: Date.now() + DESCRIPTION_LIFETIME_MS };
    return metadata;
  }
}

/** By HTTP Basic unless the identity provider wants it otherwise. OpenID Connect Discovery 1.0, section 3 */
function authentication(
  client: typeof import('openid-client'),
  { token_endpoint_auth_methods_supported: methods }: ServerMetadata,
  secret: string,
) {
  if (secret === '') return client.None();
  const isBasic = methods === undefined || methods.includes('client_secret_basic');
  return isBasic ? client.ClientSecretBasic(secret) : client.ClientSecretPost(secret);
}
