import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { exchange, jsonOf, listen, repliesIn } from '../device-api/wire.js';
import { at, World } from '../device-api/world.js';

let world: World;
let port: number;

beforeAll(async () => {
  world = await World.start();
  await world.push({ name: 'hello', revision: 1 });
  port = await listen(world.store.app);
});
afterAll(() => world.stop());

async function set(text: string): Promise<void> {
  await world.store.app.get(SettingsService).set([['proxy.trust-forwarded-proto', text]]);
}

/** The scheme of the URLs that a device gets. */
async function scheme(...forwarded: string[]): Promise<string> {
  const lines = forwarded.map((value) => `X-Forwarded-Proto: ${value}\r\n`).join('');
  const [reply] = repliesIn(
    await exchange(
      port,
      `GET /v2/snaps/info/hello HTTP/1.1\r\nHost: store.lan\r\n${lines}Connection: close\r\n\r\n`,
    ),
  );
  if (!reply) throw new Error('no reply');
  const url = String(at(jsonOf(reply), 'channel-map', '0', 'download', 'url'));
  expect(url).toMatch(/^https?:\/\/store\.lan\/api\/v1\/snaps\/download\//);
  return new URL(url).protocol;
}

describe('X-Forwarded-Proto', () => {
  it('is not trusted by default', async () => expect(await scheme('https')).toBe('http:'));

  it('is trusted while proxy.trust-forwarded-proto is true, without a restart', async () => {
    await set('true');
    await vi.waitFor(async () => expect(await scheme('https')).toBe('https:'), { timeout: 60_000 });
    await set('False');
    await vi.waitFor(async () => expect(await scheme('https')).toBe('http:'), { timeout: 60_000 });
  });

  it.each([
    [['https'], 'https:'],
    [['HTTPS'], 'https:'],
    [['http'], 'http:'],
    [[], 'http:'],
    [[''], 'http:'],
    [['gopher'], 'http:'],
    [['https://evil/'], 'http:'],
    // The last value is that of the nearest proxy, whatever a device sent before it.
    [['http, https'], 'https:'],
    [['https, http'], 'http:'],
    [['https', 'http'], 'http:'],
    [['https,'], 'http:'],
  ])('where it is trusted, %j gives %s', async (values, expected) => {
    await set('true');
    await vi.waitFor(async () => expect(await scheme('https')).toBe('https:'), { timeout: 60_000 });
    expect(await scheme(...values)).toBe(expected);
  });

  it.each(['yes', '1', ''])('%j is not a boolean', async (text) => {
    await expect(set(text)).rejects.toMatchObject({
      code: 'invalid-setting',
      message: `cannot set proxy.trust-forwarded-proto to ${JSON.stringify(text)}: give true or false`,
    });
  });
});
