import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_ISSUER_ANSWER_BYTES } from '../../../src/outgoing/issuer-connection.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { ForgedProvider, OTHER_KEY, type Forgery } from '../../support/forged-provider.js';
import { WebServer } from '../../support/web-server.js';
import { AdminWorld, type AdminReply } from './admin-world.js';

const SECRET = 'secret of the client';
const OLD = Math.floor(Date.now() / 1_000) - 3_600;

let world: AdminWorld;
let provider: ForgedProvider;
let other: WebServer;

beforeAll(async () => {
  for (const level of ['warn', 'error'] as const)
    vi.spyOn(Logger.prototype, level).mockImplementation(() => undefined);
  world = await AdminWorld.start();
  other = await WebServer.start();
  await world.store.app.get(SettingsService).set([
    ['proxy.oidc.client-id', 'snap-store'],
    ['proxy.oidc.client-secret', SECRET],
    ['proxy.oidc.roles', 'store-admins=admin'],
    ['proxy.management.url', 'https://store.example'],
  ]);
});
afterAll(async () => {
  await world.stop();
  await other.stop();
  vi.restoreAllMocks();
});
/** Another issuer each time: what the last one said of itself is not remembered. */
beforeEach(async () => {
  provider = await ForgedProvider.start();
  await world.store.app.get(SettingsService).set([['proxy.oidc.issuer', provider.issuer]]);
  return () => provider.web.stop();
});

async function begin(): Promise<AdminReply> {
  return await world.ask({ path: '/admin/v1/session/oidc' });
}

async function signIn(forgery: Forgery): Promise<AdminReply> {
  provider.forgery = forgery;
  const begun = await begin();
  if (begun.status !== 302) return begun;
  const back = provider.begin(begun.headers['location'] ?? '');
  const [cookie = ''] = (begun.headers['set-cookie'] ?? '').split(';');
  return await world.ask({ path: `${back.pathname}${back.search}`, headers: { cookie } });
}

it('a provider that does not lie is believed', async () => {
  expect((await signIn({})).status).toBe(303);
});

describe('an ID token', () => {
  it.each<[string, Forgery]>([
    ['of another issuer', { claims: { iss: 'https://evil.example' } }],
    ['for another client', { claims: { aud: 'another-client' } }],
    [
      'for several clients, and not asked for by this one',
      { claims: { aud: ['snap-store', 'x'], azp: 'x' } },
    ],
    ['with another nonce', { claims: { nonce: 'x' } }],
    ['without a nonce', { claims: { nonce: undefined } }],
    ['that has expired', { claims: { iat: OLD, exp: OLD + 60 } }],
    ['without an expiry', { claims: { exp: undefined } }],
    ['without a subject', { claims: { sub: undefined } }],
    ['with a subject that cannot be kept', { claims: { sub: 'x'.repeat(256) } }],
    ['with a subject that has a NUL character', { claims: { sub: 'a\0b' } }],
    ['signed by another key', { key: OTHER_KEY }],
    ['signed by a key that is not published', { key: OTHER_KEY, header: { kid: 'two' } }],
    ['without a signature', { header: { alg: 'none' } }],
    [
      'without a signature, from a provider that says it may',
      { header: { alg: 'none' }, description: { id_token_signing_alg_values_supported: ['none', 'RS256'] } },
    ],
    ['signed with the secret of the client', { header: { alg: 'HS256' }, key: SECRET }],
    [
      'signed with the secret of the client, from a provider that says it may',
      {
        header: { alg: 'HS256' },
        key: SECRET,
        description: { id_token_signing_alg_values_supported: ['HS256', 'RS256'] },
      },
    ],
  ])('%s is not believed', async (_what, forgery) => {
    const reply = await signIn(forgery);
    expect([reply.status, reply.headers['set-cookie']]).toEqual([502, undefined]);
    expect(reply.json['detail']).toMatch(/^cannot (?:trust the answer of|sign in)/);
    expect(
      await world.query("select from operator where issuer is not null and subject <> 'forged'"),
    ).toEqual([]);
  });
});

describe('a description', () => {
  it('of another issuer is not used', async () => {
    const reply = await signIn({ description: { issuer: 'https://evil.example' } });
    expect([reply.status, reply.json['detail']]).toEqual([
      502,
      expect.stringContaining('cannot trust the answer of the identity provider'),
    ]);
  });

  it.each(['authorization_endpoint', 'token_endpoint', 'jwks_uri'])(
    'with a %s of another origin is not used, and nobody there is asked',
    async (name) => {
      for (const url of [`${other.url.origin}/x`, 'file:///etc/passwd', 'x', undefined]) {
        const reply = await signIn({ description: { [name]: url } });
        expect([reply.status, reply.json['detail']]).toEqual([
          502,
          expect.stringMatching(new RegExp(`${name}|cannot trust the answer`)),
        ]);
      }
      expect(other.asked).toEqual([]);
    },
  );
});

describe('a provider', () => {
  it.each(['/.well-known/openid-configuration', '/token', '/jwks'])(
    'that redirects %s elsewhere is not followed',
    async (path) => {
      const { answer } = provider.web;
      provider.web.answer = (asked, reply) =>
        asked.path === path
          ? reply.writeHead(307, { location: `${other.url.origin}/x` }).end()
          : answer(asked, reply);
      expect((await signIn({})).status).toBe(502);
      expect(other.asked).toEqual([]);
    },
  );

  it.each(['/.well-known/openid-configuration', '/token', '/jwks'])(
    'that answers %s without an end, or with rubbish, or cuts it off, is refused',
    async (path) => {
      const { answer } = provider.web;
      for (const bad of ['long', 'rubbish', 'cut'] as const) {
        provider.web.answer = (asked, reply) => {
          if (asked.path !== path) return answer(asked, reply);
          if (bad === 'cut') return reply.destroy();
          reply.writeHead(200, { 'content-type': 'application/json' });
          return reply.end(bad === 'long' ? ' '.repeat(MAX_ISSUER_ANSWER_BYTES + 1) : '<html>');
        };
        expect([bad, (await signIn({})).status]).toEqual([bad, 502]);
      }
    },
  );
});
