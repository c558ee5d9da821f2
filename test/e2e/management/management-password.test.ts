import { Agent } from 'node:http';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import {
  deriveKeyFromPassword,
  formatScryptParameters,
  MIN_COST_LOG2,
  unpadded,
} from '../../../src/common/crypto/password.js';
import { PASSWORD_GUESSES } from '../../../src/common/limits.js';
import { GATEWAY_HASH } from '../../../src/management/gateway-hash.settings.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { poll } from '../../support/poll.js';
import { StoreApp } from '../../support/store-app.js';
import { listen, send, type WireReply } from '../device-api/wire.js';

const PASSWORD = 'the right password';
const GUESSING_CONNECTIONS = 40;

/** As `hashPassword` makes it, at the lowest accepted cost, because the test checks dozens of passwords. */
async function cheapHash(password: string): Promise<string> {
  const parameters = { costLog2: MIN_COST_LOG2, blockSize: 8, parallelization: 1 };
  const salt = Buffer.alloc(16, 1);
  const hash = unpadded(await deriveKeyFromPassword(password, salt, parameters, 32));
  return `$scrypt$${formatScryptParameters(parameters)}$${unpadded(salt)}$${hash}`;
}

let store: StoreApp;
let port: number;
const lines: string[] = [];

beforeAll(async () => {
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((line: unknown) => void lines.push(String(line)));
  store = await StoreApp.start();
  await store.app.get(SettingsService).record([[GATEWAY_HASH, await cheapHash(PASSWORD)]]);
  port = await listen(store.app);
});
afterAll(async () => {
  await store.stop();
  vi.restoreAllMocks();
});
beforeEach(() => lines.splice(0));

/** Sends a request from an address of the loopback interface, on its own connection. */
async function ask(from: string, password: string): Promise<WireReply> {
  const agent = new Agent({ localAddress: from });
  const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
  return await send(port, { path: '/v2/metadata/overrides/hello', headers: { authorization }, agent });
}

/** Guesses without a pause on many connections, until it is stopped. */
async function guess(from: string, stop: AbortSignal, statuses: Map<number, number>): Promise<void> {
  let guesses = 0;
  const loop = async (): Promise<void> => {
    while (!stop.aborted) {
      const { status, headers } = await ask(from, `guess ${(guesses += 1)}`);
      if (status === 429) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: GUESSING_CONNECTIONS }, loop));
}

it('an operator can log in while another address guesses, which is slowed and named in the log', async () => {
  const stop = new AbortController();
  const statuses = new Map<number, number>();
  const guessing = guess('127.0.0.9', stop.signal, statuses);
  try {
    // Each time from a new address, and the first time with a new password too.
    const asked = Array.from({ length: 10 }, (_, index) => `127.0.1.${index + 1}`);
    for (const address of asked) expect((await ask(address, PASSWORD)).status).toBe(404);
    await poll(
      () => Promise.resolve(statuses.get(401) ?? 0),
      (wrong) => wrong > PASSWORD_GUESSES.free,
    );
    for (const address of asked) expect((await ask(address, PASSWORD)).status).toBe(404);
  } finally {
    stop.abort();
    await guessing;
  }
  expect([...statuses.keys()].toSorted()).toEqual([401, 429]);
  // One for each pause that has passed meanwhile. Without pauses there would be hundreds.
  expect(statuses.get(401)).toBeLessThan(PASSWORD_GUESSES.free + 10);
  expect(lines).toEqual(['refused a wrong management password from 127.0.0.9']);
});

it('wrong passwords up to the limit cause no pause, and the right one resets the count', async () => {
  for (let round = 0; round < 2; round += 1) {
    for (let wrong = 0; wrong < PASSWORD_GUESSES.free; wrong += 1)
      expect((await ask('127.0.0.10', `wrong ${wrong}`)).status).toBe(401);
    expect((await ask('127.0.0.10', PASSWORD)).status).toBe(404);
  }
});

it('a request without a password is neither counted nor logged', async () => {
  for (let times = 0; times <= 2 * PASSWORD_GUESSES.free; times += 1)
    expect((await send(port, { path: '/v2/metadata/overrides/hello' })).status).toBe(401);
  expect(lines).toEqual([]);
});
