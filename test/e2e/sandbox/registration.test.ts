import { sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decodeStream } from '../../../src/assertions/format/stream.js';
import { NOTHING_STORED } from '../../../src/assertions/trust/assertion-lookup.js';
import { checkBatch } from '../../../src/assertions/trust/batch.js';
import { TrustedRoots } from '../../../src/assertions/trust/trusted-roots.js';
import { parseMacaroon, serializeMacaroon } from '../../../src/common/crypto/macaroon/encoding.js';
import { addFirstPartyCaveat } from '../../../src/common/crypto/macaroon/macaroon.js';
import { publicPem } from '../../../src/common/crypto/pem.js';
import { MAX_STORE_ID_LENGTH } from '../../../src/common/domain/words.js';
import { ROOT_SECONDS } from '../../../src/sandbox/dashboard/authorization.service.js';
import { NONCE_SECONDS } from '../../../src/sandbox/dashboard/nonces.js';
import {
  MAX_SURVEY_ENTRIES,
  MAX_SURVEY_TEXT_LENGTH,
  MAX_URL_LENGTH,
} from '../../../src/sandbox/dashboard/registration-request.js';
import { Sandbox } from '../../support/sandbox.js';
import { testKey } from '../../support/store-stack.js';
import { authorization, logIn, nonce, post, refusal, registration, type Answer } from './client.js';

const key = testKey('registration');

let sandbox: Sandbox;
let header: string;
let stores = 0;

beforeAll(async () => {
  sandbox = await Sandbox.start();
});
afterAll(async () => await sandbox.stop());
beforeEach(async () => {
  ({ header } = await logIn(sandbox.url, sandbox.accounts.plain));
});

function freshUrl(): string {
  return `https://store-${(stores += 1)}.example`;
}

async function send(fields: object, as = header): Promise<Answer> {
  return await post(`${sandbox.url}/v1/store-registrations`, fields, { authorization: as });
}

/** Registers with a nonce of its own. */
async function register(url: string, more: object = {}, signer = key, as = header): Promise<Answer> {
  return await send({ ...registration(signer, await nonce(sandbox.url, as), url), ...more }, as);
}

async function storeAssertion({ body }: Answer) {
  const assertions = decodeStream(Buffer.from(String(body['assertions'])));
  const roots = TrustedRoots.withCanonical(decodeStream(readFileSync(sandbox.rootFile)));
  await checkBatch(assertions, { roots, stored: NOTHING_STORED, now: new Date() });
  const store = assertions.find(({ type }) => type.name === 'store');
  if (!store) throw new Error('no store assertion');
  return store;
}

describe('a registration', () => {
  it('returns a store assertion for this url that verifies up to its root', async () => {
    const url = freshUrl();
    const answer = await register(url, { survey: { 'How many devices?': '10' } });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ status: 'approved', 'public-key': publicPem(key) });
    const store = await storeAssertion(answer);
    expect(store.headers).toMatchObject({
      store: answer.body['store-id'],
      url,
      'operator-id': sandbox.accounts.plain.accountId,
    });
    const served = await fetch(`${sandbox.url}/v2/assertions/store/${String(answer.body['store-id'])}`);
    expect(Buffer.from(await served.arrayBuffer()).equals(store.bytes)).toBe(true);
  });

  it('can be repeated, also for another url, with the next assertion revision', async () => {
    const first = await register(freshUrl());
    const storeId = first.body['store-id'];
    const url = freshUrl();
    const again = await register(url, { 'store-id': storeId });
    expect(again.status).toBe(201);
    expect(again.body['store-id']).toBe(storeId);
    const store = await storeAssertion(again);
    expect(store.assertionRevision).toBe(1);
    expect(store.headers['url']).toBe(url);
    const served = await fetch(`${sandbox.url}/v2/assertions/store/${String(storeId)}`);
    expect(Buffer.from(await served.arrayBuffer()).equals(store.bytes)).toBe(true);
  });

  it('can be repeated if the answer was lost', async () => {
    const url = freshUrl();
    await sandbox.fault({ kind: 'cut', path: '/v1/store-registrations', percent: 50 });
    await expect(register(url)).rejects.toThrow('terminated');
    const again = await register(url);
    expect(again.status).toBe(201);
    expect((await storeAssertion(again)).assertionRevision).toBe(1);
  });

  it('survives a restart, like keys and accounts', async () => {
    const url = freshUrl();
    const first = await register(url);
    const root = readFileSync(sandbox.rootFile);
    await sandbox.restart();
    expect(readFileSync(sandbox.rootFile).equals(root)).toBe(true);
    const { header: later } = await logIn(sandbox.url, sandbox.accounts.plain);
    const store = await storeAssertion(first);
    const served = await fetch(`${sandbox.url}/v2/assertions/store/${String(first.body['store-id'])}`);
    expect(Buffer.from(await served.arrayBuffer()).equals(store.bytes)).toBe(true);
    expect((await register(url, { 'store-id': first.body['store-id'] }, key, later)).status).toBe(201);
    expect(refusal(await register(url, {}, testKey('somebody else'), later))).toBe('409 url-taken');
  });
});

describe('a nonce', () => {
  it('is valid once', async () => {
    const ticket = await nonce(sandbox.url, header);
    expect((await send(registration(key, ticket, freshUrl()))).status).toBe(201);
    expect(refusal(await send(registration(key, ticket, freshUrl())))).toBe('400 invalid-nonce');
  });

  it('is also used up by a wrong signature', async () => {
    const ticket = await nonce(sandbox.url, header);
    const wrong = { ...registration(key, ticket, freshUrl()), url: freshUrl() };
    expect(refusal(await send(wrong))).toBe('400 invalid-signature');
    expect(refusal(await send(registration(key, ticket, freshUrl())))).toBe('400 invalid-nonce');
  });

  it('states when it expires, and expires then', async () => {
    const { body } = await post(`${sandbox.url}/v1/store-registrations/nonce`, {}, { authorization: header });
    expect(new Date(String(body['expires-at'])).toISOString()).toBe(body['expires-at']);
    await sandbox.advance(NONCE_SECONDS);
    expect(refusal(await send(registration(key, String(body['nonce']), freshUrl())))).toBe(
      '400 invalid-nonce',
    );
  });

  it('is valid for one account', async () => {
    const otp = await sandbox.totp();
    const { header: other } = await logIn(sandbox.url, { ...sandbox.accounts.secondFactor, otp });
    const ticket = await nonce(sandbox.url, other);
    expect(refusal(await send(registration(key, ticket, freshUrl())))).toBe('400 invalid-nonce');
    expect((await send(registration(key, ticket, freshUrl()), other)).status).toBe(201);
  });
});

describe('a registration is refused', () => {
  it('for the store of another key, of another account, or of nobody', async () => {
    const { body } = await register(freshUrl());
    const again = { 'store-id': body['store-id'] };
    expect(refusal(await register(freshUrl(), again, testKey('somebody else')))).toBe('403 not-owner');
    const otp = await sandbox.totp();
    const { header: other } = await logIn(sandbox.url, { ...sandbox.accounts.secondFactor, otp });
    expect(refusal(await register(freshUrl(), again, key, other))).toBe('403 not-owner');
    expect(refusal(await register(freshUrl(), { 'store-id': 'nobody' }))).toBe('403 not-owner');
  });

  it('for the url of another registration', async () => {
    const url = freshUrl();
    await register(url);
    expect(refusal(await register(url, {}, testKey('somebody else')))).toBe('409 url-taken');
    const { body } = await register(freshUrl());
    expect(refusal(await register(url, { 'store-id': body['store-id'] }))).toBe('409 url-taken');
  });

  it.each([
    ['no registration', () => Buffer.from('x')],
    ['another nonce', (_: string, url: string) => `snap-store-proxy registration\nother\n${url}\n`],
    [
      'no final line end',
      (ticket: string, url: string) => `snap-store-proxy registration\n${ticket}\n${url}`,
    ],
  ])('with a signature over %s', async (_, text) => {
    const ticket = await nonce(sandbox.url, header);
    const url = freshUrl();
    const signature = sign('sha512', Buffer.from(text(ticket, url)), key).toString('base64');
    expect(refusal(await send({ ...registration(key, ticket, url), signature }))).toBe(
      '400 invalid-signature',
    );
  });

  it.each([
    [{ nonce: undefined }, 'nonce must be a string'],
    [{ nonce: 'n'.repeat(129) }, 'nonce must be a string'],
    [{ url: 'store.example' }, 'must be an http or https URL'],
    [{ url: 'ftp://store.example' }, 'must be an http or https URL'],
    [{ url: 'https://store.example/' }, 'and nothing else'],
    [{ url: 'https://store.example/path' }, 'and nothing else'],
    [{ url: 'https://store.example:443' }, 'and nothing else'],
    [{ url: 'https://user@store.example' }, 'and nothing else'],
    [{ url: `https://${'u'.repeat(MAX_URL_LENGTH - 7)}` }, 'url must be a string of 1 to 2048 characters'],
    [{ 'public-key': 'nonsense' }, 'public-key must be a public key in PEM'],
    [{ 'public-key': 'k'.repeat(8_193) }, 'public-key must be a string'],
    [{ 'public-key': key.export({ type: 'pkcs8', format: 'pem' }) }, 'public-key must be a public key'],
    [
      { 'public-key': publicPem(testKey('short', 1_024)) },
      'public-key must be an RSA key of 2048 to 16384 bits',
    ],
    [{ signature: 'not base64!' }, 'signature must be base64'],
    [{ signature: 'A'.repeat(4_097) }, 'signature must be a string'],
    [{ 'store-id': 's'.repeat(MAX_STORE_ID_LENGTH + 1) }, 'store-id must be a string'],
    [{ survey: [] }, 'survey must be an object'],
    [{ survey: { a: 1 } }, 'questions and answers'],
    [{ survey: { a: 'x'.repeat(MAX_SURVEY_TEXT_LENGTH + 1) } }, 'questions and answers'],
    [
      {
        survey: Object.fromEntries(
          Array.from({ length: MAX_SURVEY_ENTRIES + 1 }, (_, index) => [index, 'x']),
        ),
      },
      'at most 100 answers',
    ],
  ])('with fields such as %j', async (fields, why) => {
    const answer = await register(freshUrl(), fields);
    expect(refusal(answer)).toBe('400 invalid-request');
    expect(JSON.stringify(answer.body)).toContain(why);
  });

  it('but not with values at the limits', async () => {
    const survey = Object.fromEntries(
      Array.from({ length: MAX_SURVEY_ENTRIES }, (_, index) => [
        index,
        index === 0 ? 'x'.repeat(MAX_SURVEY_TEXT_LENGTH) : '',
      ]),
    );
    expect((await register(freshUrl(), { survey })).status).toBe(201);
    expect(refusal(await send({ ...registration(key, 'n'.repeat(128), freshUrl()) }))).toBe(
      '400 invalid-nonce',
    );
    expect((await register(`http://127.0.0.1:${5_000 + (stores += 1)}`)).status).toBe(201);
  });

  it('with a body that is not an object', async () => {
    expect(refusal(await send([]))).toBe('400 invalid-request');
  });
});

describe('a client that is not logged in', () => {
  async function refusedWith(authorizationHeader: string): Promise<string> {
    const answer = await post(
      `${sandbox.url}/v1/store-registrations/nonce`,
      {},
      { authorization: authorizationHeader },
    );
    expect(answer.headers.get('www-authenticate')).toBe('Macaroon');
    return refusal(answer);
  }

  it('is refused without authorization, with half of it, or with another one', async () => {
    const { root, discharge } = await logIn(sandbox.url, sandbox.accounts.plain);
    const other = await logIn(sandbox.url, sandbox.accounts.plain);
    for (const text of [
      '',
      'Bearer x',
      `Macaroon root="${root}"`,
      `Macaroon root="${root}", discharge="${discharge}"`,
      `Macaroon root="nonsense", discharge="${discharge}"`,
      authorization(root, other.discharge),
      authorization(discharge, discharge),
    ])
      expect(await refusedWith(text), text.slice(0, 40)).toBe('401 unauthorized');
  });

  it('cannot become another account by adding caveats, but can narrow its own rights', async () => {
    const { root, discharge } = await logIn(sandbox.url, sandbox.accounts.plain);
    const made = parseMacaroon(discharge);
    const withCaveat = (text: string) =>
      authorization(root, serializeMacaroon(addFirstPartyCaveat(made, `${made.location}|${text}`)));
    expect(await refusedWith(withCaveat('account|operator-otp'))).toBe('401 unauthorized');
    expect(await refusedWith(withCaveat('unknown|x'))).toBe('401 unauthorized');
    expect(await refusedWith(withCaveat('valid_since|2999-01-01T00:00:00Z'))).toBe('401 unauthorized');
    const narrowed = withCaveat(`expires|2999-01-01T00:00:00Z`);
    expect(
      (await post(`${sandbox.url}/v1/store-registrations/nonce`, {}, { authorization: narrowed })).status,
    ).toBe(200);
  });

  it('is not asked for a refresh if the root has expired too', async () => {
    const { header: old } = await logIn(sandbox.url, sandbox.accounts.plain);
    await sandbox.advance(ROOT_SECONDS);
    expect(await refusedWith(old)).toBe('401 unauthorized');
  });
});

describe('faults of a registration', () => {
  it.each([
    ['other-url', 'url'],
    ['other-store', 'store'],
  ] as const)('%s answers with an assertion for something else, and stores nothing', async (kind, name) => {
    const url = freshUrl();
    await sandbox.fault({ kind });
    const answer = await register(url);
    const expected = name === 'url' ? url : answer.body['store-id'];
    expect(answer.status).toBe(201);
    expect((await storeAssertion(answer)).headers[name]).not.toBe(expected);
    const after = await register(url);
    expect((await storeAssertion(after)).headers).toMatchObject({ url, store: after.body['store-id'] });
    expect((await storeAssertion(after)).assertionRevision).toBe(0);
  });

  it('other-key answers with a key that nobody sent', async () => {
    await sandbox.fault({ kind: 'other-key' });
    const { body } = await register(freshUrl());
    expect(body['public-key']).toMatch(/^-----BEGIN PUBLIC KEY-----/);
    expect(body['public-key']).not.toBe(publicPem(key));
  });
});
