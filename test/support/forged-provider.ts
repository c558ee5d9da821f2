import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { WebServer, type AskedFor } from './web-server.js';

type Claims = Record<string, unknown>;

/** How an ID token is made; what is left out is as it should be. */
export interface Forgery {
  readonly claims?: Claims;
  readonly header?: Claims;
  readonly key?: KeyObject | string;
  /** What its description says instead. */
  readonly description?: Claims;
}

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2_048 });
const KEYS = rsa();
/** A key that the provider does not publish. */
export const OTHER_KEY = rsa().privateKey;

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A provider that lies: it answers any code, with an ID token that a test forges. */
export class ForgedProvider {
  forgery: Forgery = {};
  nonce = '';

  private constructor(readonly web: WebServer) {
    web.answer = (asked, reply) => {
      const body = this.answer(asked);
      reply
        .writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' })
        .end(JSON.stringify(body));
    };
  }

  static async start(): Promise<ForgedProvider> {
    return new ForgedProvider(await WebServer.start());
  }

  get issuer(): string {
    return this.web.url.origin;
  }

  /** What the store sends a browser to; it gives the nonce away. */
  begin(location: string): URL {
    const asked = new URL(location);
    this.nonce = asked.searchParams.get('nonce') ?? '';
    const back = new URL(asked.searchParams.get('redirect_uri') ?? '');
    back.search = new URLSearchParams({
      code: 'any',
      state: asked.searchParams.get('state') ?? '',
    }).toString();
    return back;
  }

  private answer({ path }: AskedFor): object | undefined {
    if (path === '/.well-known/openid-configuration')
      return { ...this.description(), ...this.forgery.description };
    if (path === '/jwks')
      return { keys: [{ ...KEYS.publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig' }] };
    if (path !== '/token') return undefined;
    return { access_token: 'x', token_type: 'Bearer', expires_in: 60, id_token: this.idToken() };
  }

  private description(): object {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/auth`,
      token_endpoint: `${this.issuer}/token`,
      jwks_uri: `${this.issuer}/jwks`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
    };
  }

  private idToken(): string {
    const { claims, header, key = KEYS.privateKey } = this.forgery;
    const now = Math.floor(Date.now() / 1_000);
    const body = {
      iss: this.issuer,
      sub: 'forged',
      aud: 'snap-store',
      iat: now,
      exp: now + 60,
      nonce: this.nonce,
      groups: ['store-admins'],
      ...claims,
    };
    const text = `${encode({ alg: 'RS256', kid: 'one', ...header })}.${encode(body)}`;
    if (header?.['alg'] === 'none') return `${text}.`;
    const signature =
      typeof key === 'string'
        ? createHmac('sha256', key).update(text).digest()
        : sign('sha256', Buffer.from(text), key);
    return `${text}.${signature.toString('base64url')}`;
  }
}
