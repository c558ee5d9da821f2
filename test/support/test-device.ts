import type { KeyObject } from 'node:crypto';
import type { Assertion, HeaderMap } from '../../src/assertions/format/assertion.js';
import { signAssertion } from '../../src/assertions/format/sign.js';
import type { StoreApp } from './store-app.js';
import type { TestStoreStack } from './store-stack.js';

/** What a session request is made of; what is left out is as it should be. */
export interface OddRequest {
  readonly nonce?: string;
  readonly headers?: HeaderMap;
  readonly key?: KeyObject;
  readonly serial?: Assertion;
  readonly model?: Assertion;
}

/** A device that holds a serial, and what it says to open a session. */
export class TestDevice {
  readonly key: KeyObject;
  readonly model: Assertion;
  readonly serial: Assertion;

  constructor(
    stack: TestStoreStack,
    readonly name: string,
    readonly brandId = 'brand',
  ) {
    this.key = stack.key(`device ${name}`);
    this.model = stack.model({ brandId });
    this.serial = stack.serial({ brandId, serial: name, deviceKey: this.key });
  }

  /** snapcore/snapd: overlord/storecontext/context.go, DeviceSessionRequestParams */
  request({ nonce = '', headers, key, serial, model }: OddRequest): Record<string, string> {
    const request = signAssertion({
      type: 'device-session-request',
      headers: {
        'brand-id': this.brandId,
        model: 'my-model',
        serial: this.name,
        nonce,
        timestamp: new Date().toISOString(),
        ...headers,
      },
      privateKey: key ?? this.key,
    });
    return {
      'device-session-request': request.bytes.toString(),
      'serial-assertion': (serial ?? this.serial).bytes.toString(),
      'model-assertion': (model ?? this.model).bytes.toString(),
    };
  }
}

const HOST = 'store.test:8080';

/** What devices ask of a store about sessions, through its application. */
export class SessionClient {
  constructor(private readonly store: StoreApp) {}

  async nonce(): Promise<string> {
    const reply = await this.store.app.inject({
      method: 'POST',
      url: '/api/v1/snaps/auth/nonces',
      headers: { host: HOST, accept: 'application/json' },
    });
    return reply.json<{ nonce: string }>().nonce;
  }

  async post(body: unknown, headers: Record<string, string> = {}) {
    return await this.store.app.inject({
      method: 'POST',
      url: '/api/v1/snaps/auth/sessions',
      headers: { host: HOST, 'content-type': 'application/json', ...headers },
      payload: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  /** A nonce and a request that uses it. */
  async ask(device: TestDevice, odd: OddRequest = {}, headers: Record<string, string> = {}) {
    return await this.post(device.request({ nonce: await this.nonce(), ...odd }), headers);
  }

  /** @returns the header's text of a new session */
  async open(device: TestDevice): Promise<string> {
    const reply = await this.ask(device);
    if (reply.statusCode !== 200) throw new Error(`${reply.statusCode}: ${reply.body}`);
    return `Macaroon root="${reply.json<{ macaroon: string }>().macaroon}"`;
  }

  async get(url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') {
    return await this.store.app.inject({ method, url, headers: { host: HOST, ...headers } });
  }

  async refresh(body: object, headers: Record<string, string> = {}) {
    return await this.store.app.inject({
      method: 'POST',
      url: '/v2/snaps/refresh',
      headers: { host: HOST, 'content-type': 'application/json', ...headers },
      payload: JSON.stringify(body),
    });
  }
}

/** The refusal in words. */
export function messageOf({ body }: { readonly body: string }): string {
  const reply = JSON.parse(body) as { 'error-list': { message: string }[] };
  return reply['error-list'][0]?.message ?? '';
}
