import { createServer as createTlsServer } from 'node:https';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAgent } from '../../../src/outgoing/http-agent.js';
import { IssuerConnection } from '../../../src/outgoing/issuer-connection.js';
import { OutgoingHttpService } from '../../../src/outgoing/outgoing-http.service.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { LOOPBACK, TestCertificate } from '../../support/certificates.js';
import { portOf } from '../../support/ports.js';
import { refusalOf } from '../../support/refusal.js';
import { StoreApp } from '../../support/store-app.js';
import { WebServer } from '../../support/web-server.js';

let store: StoreApp;
let settings: SettingsService;

beforeAll(async () => {
  store = await StoreApp.start();
  settings = store.app.get(SettingsService);
});
afterAll(() => store.stop());

const GET = { method: 'GET', headers: {} };

it('gives up when the identity provider does not answer, or never finishes', async () => {
  const web = await WebServer.start();
  const connection = new IssuerConnection(makeAgent({ proxy: undefined, ca: [] }), web.url, 200);
  for (const begins of [false, true]) {
    web.answer = (_, reply) => (begins ? reply.writeHead(200).write('{') : undefined);
    expect(await refusalOf(connection.fetch(web.url.href, GET))).toBe(
      `cannot reach ${web.url.origin}: it does not answer within 0.2 seconds`,
    );
  }
  await connection.close();
  await web.stop();
});

it('trusts the CA certificates of the settings, and uses no proxy', async () => {
  const ca = await TestCertificate.authority('CA of the site');
  const own = await ca.issue({ name: '127.0.0.1', names: LOOPBACK });
  const server = createTlsServer({ cert: own.pem, key: own.keyPem }, (_, reply) => reply.end('{}'));
  await new Promise<void>((settle) => server.listen(0, '127.0.0.1', settle));
  const url = `https://127.0.0.1:${portOf(server)}/`;
  await settings.set([
    ['proxy.oidc.issuer', url],
    ['proxy.https.proxy', 'http://127.0.0.1:1'],
  ]);
  const ask = async () => {
    const { connection } = await store.app.get(OutgoingHttpService).openIssuer();
    try {
      return (await connection.fetch(url, GET)).status;
    } finally {
      await connection.close();
    }
  };
  expect(await refusalOf(ask())).toContain('its certificate is not trusted');
  await settings.set([['proxy.ca-certs', ca.pem]]);
  expect(await ask()).toBe(200);
  server.closeAllConnections();
  server.close();
});

describe('the issuer', () => {
  it.each([
    'https://login.example/realms/site',
    'http://localhost:8080',
    'http://127.0.0.1',
    'http://[::1]:1',
    '',
  ])('may be %j', async (text) => {
    await settings.set([['proxy.oidc.issuer', text]]);
    expect(await settings.getText('proxy.oidc.issuer')).toBe(text);
  });

  it.each([
    ['http://login.example', 'give a URL with https'],
    ['http://127.0.0.1.example', 'give a URL with https'],
    ['ftp://login.example', 'http or https'],
    ['https://user:pass@login.example', 'without user and password'],
    ['https://login.example/?realm=x', 'without query'],
    ['login.example', 'http or https'],
  ])('may not be %j: %s', async (text, why) => {
    expect(await refusalOf(settings.set([['proxy.oidc.issuer', text]]))).toContain(why);
  });
});

it('scopes contain openid', async () => {
  await settings.set([['proxy.oidc.scopes', 'openid groups']]);
  for (const text of ['', 'profile', 'openid  groups', 'openid gr"oups', `openid ${'x'.repeat(1_024)}`])
    expect(await refusalOf(settings.set([['proxy.oidc.scopes', text]]))).toContain('openid among them');
});
