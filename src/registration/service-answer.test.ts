import { describe, expect, it } from 'vitest';
import { checkClock, findRefusal, MAX_CLOCK_SKEW_MS, textsOf } from './service-answer.js';

const SERVICE = new URL('https://dashboard.example');
const DATE = 'Mon, 23 Nov 2026 01:00:00 GMT';
const THEIRS = Date.parse(DATE);

function answer(status: number, body: unknown): Parameters<typeof findRefusal>[0] {
  return { status, body, headers: {} };
}

describe('the clock of this machine', () => {
  it.each([0, MAX_CLOCK_SKEW_MS, -MAX_CLOCK_SKEW_MS])('may differ by %d ms', (ms) =>
    expect(() => checkClock(SERVICE, DATE, new Date(THEIRS + ms))).not.toThrow(),
  );

  it.each([
    [MAX_CLOCK_SKEW_MS + 1, '5 minutes ahead of'],
    [-MAX_CLOCK_SKEW_MS - 1, '5 minutes behind'],
    [24 * 60 * 60_000, '1440 minutes ahead of'],
  ])('must not differ by %d ms', (ms, says) =>
    expect(() => checkClock(SERVICE, DATE, new Date(THEIRS + ms))).toThrow(
      `cannot register: the clock of this machine is ${says} that of https://dashboard.example`,
    ),
  );

  it.each([undefined, '', 'yesterday'])('is not compared with %j', (date) =>
    expect(() => checkClock(SERVICE, date, new Date(0))).not.toThrow(),
  );
});

describe('a refusal', () => {
  it.each([
    [{ 'error-list': [{ code: 'url-taken', message: 'a\nb\u0007' }] }, { code: 'url-taken', message: 'a b' }],
    [
      { code: 'INVALID_DATA', message: 7 },
      { code: 'INVALID_DATA', message: '' },
    ],
    [
      { code: 'X', message: 'y'.repeat(301) },
      { code: 'X', message: `${'y'.repeat(300)}…` },
    ],
    [{ 'error-list': [] }, undefined],
    [{ 'error-list': ['x'] }, undefined],
    [[], undefined],
    [null, undefined],
    [undefined, undefined],
  ])('is read from %j', (body, refusal) => expect(findRefusal(answer(400, body))).toEqual(refusal));
});

describe('the fields of an answer', () => {
  it('are read with the status of the contract', () => {
    expect(textsOf(SERVICE, answer(200, { nonce: 'x' }), 200, ['nonce'])).toEqual({ nonce: 'x' });
  });

  it.each([
    [201, { nonce: 'x' }, 'answers 201 with JSON that does not match the contract'],
    [200, { nonce: '' }, 'answers 200 with JSON that does not match the contract'],
    [200, undefined, 'answers 200 with something that is not JSON'],
    [502, { code: 'BAD', message: 'gateway' }, 'answers 502 BAD: gateway'],
  ])('are refused for %d and %j', (status, body, says) =>
    expect(() => textsOf(SERVICE, answer(status, body), 200, ['nonce'])).toThrow(says),
  );
});
