import type { IncomingMessage } from 'node:http';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AddressRanges } from '../common/http/address-ranges.js';
import type { Surroundings } from '../common/http/request-origin.js';
import { readSignedUrl } from '../common/http/store-url.js';
import { MAX_NAMED_STRANGERS } from '../common/limits.js';
import { Strangers } from './strangers.js';

let warnings: string[];

beforeEach(() => {
  warnings = [];
  const note = (message: unknown): void => void warnings.push(String(message));
  Logger.overrideLogger({ warn: note, log: note, error: note });
});
afterEach(() => Logger.overrideLogger(true));

function surroundings(parts: Partial<Surroundings> = {}): Surroundings {
  return { forwardedProto: false, proxies: AddressRanges.none, signed: undefined, domain: '', ...parts };
}

function request(remoteAddress: string, headers: Record<string, string>): IncomingMessage {
  return { socket: { remoteAddress }, headers } as unknown as IncomingMessage;
}

const FOR = { 'x-forwarded-for': '192.0.2.1' };

it('names each address once, and stops at a limit', () => {
  const strangers = new Strangers();
  for (let round = 0; round < 2; round += 1)
    for (let last = 0; last <= MAX_NAMED_STRANGERS; last += 1)
      strangers.look(request(`10.0.0.${last}`, FOR), surroundings());
  expect(warnings).toHaveLength(MAX_NAMED_STRANGERS);
  expect(warnings[3]).toMatch(/^x-forwarded-for from 10\.0\.0\.3 is not trusted: .*proxy\.trusted-proxies/);
});

it.each([
  ['of a listed proxy', { proxies: AddressRanges.parse('10.0.0.1') as AddressRanges }, FOR, 0],
  ['of an unlisted proxy', { proxies: AddressRanges.parse('10.0.0.2') as AddressRanges }, FOR, 1],
  [
    'of the scheme, which every client may send',
    { forwardedProto: true },
    { 'x-forwarded-proto': 'https' },
    0,
  ],
  ['of other headers too', { forwardedProto: true }, { 'x-forwarded-proto': 'https', ...FOR }, 1],
  ['of the scheme', {}, { 'x-forwarded-proto': 'https' }, 1],
  ['by the standard', {}, { forwarded: 'for=192.0.2.1' }, 1],
  ['by nobody', {}, { via: '1.1 squid' }, 0],
])('reports headers %s in one line, or not at all', (_, parts, headers, count) => {
  new Strangers().look(request('10.0.0.1', headers), surroundings(parts));
  expect(warnings).toHaveLength(count);
});

it('reports once that a host is not that of the store', () => {
  const signed = readSignedUrl('http://store.example:8080');
  const strangers = new Strangers();
  strangers.look(request('10.0.0.1', { host: 'store.example:8080' }), surroundings({ signed }));
  strangers.look(request('10.0.0.1', {}), surroundings({ signed }));
  strangers.look(request('10.0.0.1', { host: 'store.example' }), surroundings());
  expect(warnings).toEqual([]);
  for (const host of ['store.example', 'other'])
    strangers.look(request('10.0.0.1', { host }), surroundings({ signed }));
  expect(warnings).toEqual([
    'a request names the host "store.example", but the store\'s own URL is http://store.example:8080, which URLs in answers use. Reported once',
  ]);
});
