import { describe, expect, it } from 'vitest';
import { MAX_INTEGER } from '../../common/domain/words.js';
import {
  parseTime,
  readMaps,
  readNumber,
  readOptionalBoolean,
  readSize,
  readTexts,
} from './header-checks.js';

const HEADER_ERROR: unknown = expect.objectContaining({ name: 'HeaderError' });

describe('parseTime', () => {
  it.each([
    ['2016-04-01T00:00:00Z', '2016-04-01T00:00:00.000Z'],
    ['2016-04-01T00:00:00.0Z', '2016-04-01T00:00:00.000Z'],
    ['2016-04-01T00:00:00.123456789Z', '2016-04-01T00:00:00.123Z'],
    ['2016-04-01T02:30:00+02:30', '2016-04-01T00:00:00.000Z'],
    ['2016-03-31T23:00:00-01:00', '2016-04-01T00:00:00.000Z'],
    ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59.000Z'],
  ])('reads %s', (text, iso) => expect(parseTime(text)?.toISOString()).toBe(iso));

  it.each([
    '',
    'today',
    '2016-04-01',
    '2016-04-01T00:00:00',
    '2016-04-01 00:00:00Z',
    '2016-04-01T00:00:00z',
    '2016-04-01T00:00:00.Z',
    '2016-4-1T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2016-13-01T00:00:00Z',
    '2016-04-01T24:00:00Z',
    '2016-04-01T00:00:60Z',
    '2016-04-01T00:00:00+24:00',
    '2016-04-01T00:00:00Z\n',
  ])('refuses %j', (text) => expect(parseTime(text)).toBeUndefined());
});

describe('numbers', () => {
  it.each([
    ['1', 1],
    [String(MAX_INTEGER), MAX_INTEGER],
  ])('reads %s', (text, number) => expect(readNumber({ n: text }, 'n', 1)).toBe(number));

  it.each(['', '0', '01', '+1', '-1', '1.0', '1e3', ' 1', '٣', String(MAX_INTEGER + 1)])(
    'refuses %j',
    (text) => expect(() => readNumber({ n: text }, 'n', 1)).toThrow(HEADER_ERROR),
  );

  it('reads sizes up to the largest safe number', () => {
    expect(readSize({ n: String(Number.MAX_SAFE_INTEGER) }, 'n')).toBe(Number.MAX_SAFE_INTEGER);
    expect(() => readSize({ n: String(Number.MAX_SAFE_INTEGER + 1) }, 'n')).toThrow(HEADER_ERROR);
  });
});

it('names the entry, and the map that contains it', () => {
  expect(() => readNumber({}, 'revision', 1, 'snap "a"')).toThrow('"revision" of snap "a" is missing');
  expect(() => readTexts({ series: ['16', ['x']] }, 'series')).toThrow(
    'header "series" is not a list of strings',
  );
  expect(() => readMaps({ snaps: ['x'] }, 'snaps')).toThrow('header "snaps" is not a list of maps');
  expect(() => readOptionalBoolean({ classic: 'yes' }, 'classic')).toThrow('header "classic"');
});
