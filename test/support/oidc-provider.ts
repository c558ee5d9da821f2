import { generateKeyPairSync } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { Provider, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import { portOf } from './ports.js';

export const CLIENT = { id: 'snap-store', secret: 'the secret of the store at the provider' };

/** Somebody whom the provider knows. Whoever comes is this person: there is no page with a password. */
export interface Person {
  readonly sub: string;
  readonly [claim: string]: unknown;
}

const CODE_LIFETIME_S = 60;

/** A real identity provider on loopback: `oidc-provider`. */
export class OidcProvider {
  person: Person = { sub: 'nobody' };
  /** Every request that it got, as `GET /path`. */
  readonly asked: string[] = [];

  private constructor(
    private readonly server: Server,
    readonly issuer: string,
  ) {}

  /** @param redirectUris - where it may send browsers back */
  static async start(redirectUris: string[]): Promise<OidcProvider> {
    const server = createServer();
    await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
    const issuer = `http://127.0.0.1:${portOf(server)}`;
    const started = new OidcProvider(server, issuer);
    const provider = new Provider(issuer, started.configuration(redirectUris));
    provider.use(async (context, next) => {
      if (!context.path.startsWith('/interaction/')) return await next();
      // Whoever comes has signed in.
      const login = { accountId: started.person.sub };
      await provider.interactionFinished(context.req, context.res, { login });
    });
    const answer = provider.callback();
    server.on('request', (request, reply) => {
      started.asked.push(`${request.method} ${request.url}`);
      void answer(request, reply);
    });
    return started;
  }

  async stop(): Promise<void> {
    const closed = new Promise((settle) => this.server.close(settle));
    this.server.closeAllConnections();
    await closed;
  }

  /** What a browser does that was sent to the provider. @returns the URL to which it is sent back */
  async visit(start: string): Promise<URL> {
    const jar = new Map<string, string>();
    let url = new URL(start);
    for (let steps = 0; steps < 10 && url.origin === this.issuer; steps += 1) {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
      const reply = await fetch(url, { redirect: 'manual', headers: { cookie } });
      for (const set of reply.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]*)=([^;]*)/.exec(set) ?? [];
        jar.set(name, value);
      }
      const location = reply.headers.get('location');
      if (location === null) throw new Error(`the provider answered ${reply.status}: ${await reply.text()}`);
      url = new URL(location, url);
    }
    return url;
  }

  private configuration(redirectUris: string[]): Configuration {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    return {
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          redirect_uris: redirectUris,
          grant_types: ['authorization_code'],
          response_types: ['code'],
        },
      ],
      jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', kid: 'one' }] },
      cookies: { keys: ['a key of this test'] },
      claims: {
        openid: ['sub'],
        profile: ['preferred_username', 'groups', 'realm_access'],
        email: ['email'],
      },
      // As providers of sites have it: what the scopes stand for is in the ID token.
      conformIdTokenClaims: false,
      pkce: { required: () => true },
      features: { devInteractions: { enabled: false } },
      interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
      ttl: {
        AuthorizationCode: CODE_LIFETIME_S,
        IdToken: 600,
        Interaction: 600,
        Session: 600,
        Grant: 600,
        AccessToken: 600,
      },
      findAccount: (_context, id) => ({ accountId: id, claims: () => ({ ...this.person, sub: id }) }),
      loadExistingGrant: async (context) => await allowEverything(context),
    };
  }
}

/** Nobody is asked whether the store may know who they are. */
async function allowEverything({ oidc }: KoaContextWithOIDC) {
  const grant = new oidc.provider.Grant({
    clientId: oidc.client?.clientId ?? '',
    accountId: oidc.session?.accountId ?? '',
  });
  grant.addOIDCScope('openid profile email');
  await grant.save();
  return grant;
}
