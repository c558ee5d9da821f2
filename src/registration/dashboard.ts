import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Assertion } from '../assertions/format/assertion.js';
import { decodeStream } from '../assertions/format/stream.js';
import { publicPem } from '../common/crypto/pem.js';
import { StoreError } from '../common/errors.js';
import { signRegistration } from './format/registration-proof.js';
import type { JsonAnswer, JsonPostService } from './json-post.service.js';
import { findRegisteredStore, type RegisteredStore } from './registration-result.js';
import { below } from './registration.settings.js';
import { checkClock, findRefusal, refuseRegistration, textsOf } from './service-answer.js';
import type { Session } from './sign-in.js';

const PATH = 'v1/store-registrations';

/** The values that a store sends to be registered. */
export interface RegistrationRequest {
  readonly url: string;
  readonly privateKey: KeyObject;
  /** Set only to register again. */
  readonly storeId?: string | undefined;
  readonly survey?: Readonly<Record<string, string>> | undefined;
}

/** The dashboard's answer, checked against the request; signatures are not verified yet. */
export interface RegistrationReply {
  readonly store: RegisteredStore;
  readonly assertions: readonly Assertion[];
}

/** A client of the dashboard in docs/registration-contract.md. */
export class Dashboard {
  constructor(
    private readonly http: JsonPostService,
    private readonly location: URL,
  ) {}

  /** @throws StoreError `upstream-failed`, also if this machine's clock is wrong */
  async rootMacaroon(): Promise<string> {
    const answer = await this.http.post(below(this.location, `${PATH}/macaroon`), {});
    checkClock(this.location, answer.headers['date'], new Date());
    return textsOf(this.location, answer, 200, ['macaroon']).macaroon;
  }

  /** @throws StoreError `upstream-failed` if the dashboard refuses, or answers for another store */
  async register(session: Session, request: RegistrationRequest): Promise<RegistrationReply> {
    const { nonce } = textsOf(this.location, await this.call(session, `${PATH}/nonce`, {}), 200, ['nonce']);
    const answer = await this.call(session, PATH, {
      nonce,
      url: request.url,
      'public-key': publicPem(request.privateKey),
      signature: signRegistration(request.privateKey, nonce, request.url),
      ...(request.storeId !== undefined && { 'store-id': request.storeId }),
      ...(request.survey && { survey: request.survey }),
    });
    const refusal = findRefusal(answer)?.code;
    if (refusal === 'url-taken')
      throw refuseRegistration(
        `${request.url} is registered with another key or account at ${this.location.origin}; choose another domain, or import that registration with --from FILE`,
      );
    if (refusal === 'not-owner')
      throw refuseRegistration(
        `store ${request.storeId ?? ''} belongs to another key or account at ${this.location.origin}; sign in with the account that registered it`,
      );
    return this.checked(answer, request);
  }

  /** Calls with the session. If its discharge has expired, it is refreshed once. */
  private async call(session: Session, path: string, body: object): Promise<JsonAnswer> {
    const post = async () =>
      await this.http.post(below(this.location, path), body, { authorization: session.authorization });
    const answer = await post();
    if (answer.status !== 401) return answer;
    if (!/\bneeds_refresh=1\b/.test(answer.headers['www-authenticate'] ?? '')) throw this.signedOut(answer);
    await session.refresh();
    const again = await post();
    if (again.status === 401) throw this.signedOut(again);
    return again;
  }

  private signedOut(answer: JsonAnswer): StoreError {
    const message = findRefusal(answer)?.message ?? '';
    return refuseRegistration(
      `${this.location.origin} does not accept the sign-in${message === '' ? '' : ` (${message})`}; register again`,
    );
  }

  private checked(answer: JsonAnswer, { url, privateKey, storeId }: RegistrationRequest): RegistrationReply {
    const names = ['store-id', 'status', 'public-key', 'assertions'] as const;
    const reply = textsOf(this.location, answer, 201, names);
    const wrong = (why: string, cause?: unknown) =>
      refuseRegistration(`the answer of ${this.location.origin} is invalid: ${why}`, cause);
    if (reply.status !== 'approved')
      throw wrong(`its status is ${JSON.stringify(reply.status.slice(0, 40))}, not approved`);
    if (!isSameKey(reply['public-key'], privateKey)) throw wrong('it names another public key');
    if (storeId !== undefined && reply['store-id'] !== storeId)
      throw wrong(`it names store ${reply['store-id'].slice(0, 64)}, not ${storeId}`);
    try {
      const assertions = decodeStream(Buffer.from(reply.assertions));
      const store = findRegisteredStore(assertions, reply['store-id']);
      if (store.url !== url) throw wrong(`its store assertion has the URL ${store.url}, not ${url}`);
      return { store, assertions };
    } catch (error) {
      if (error instanceof StoreError && error.code !== 'upstream-failed') throw wrong(error.message, error);
      throw error;
    }
  }
}

function isSameKey(pem: string, privateKey: KeyObject): boolean {
  try {
    // `createPublicKey` would also accept a private key.
    return /-----BEGIN PUBLIC KEY-----/.test(pem) && createPublicKey(pem).equals(createPublicKey(privateKey));
  } catch {
    return false;
  }
}

/** Whether this is Canonical's own dashboard, whose protocol is not public. */
export function isCanonical({ hostname }: URL): boolean {
  return /(?:^|\.)(?:snapcraft\.io|ubuntu\.com|canonical\.com)\.?$/.test(hostname);
}
