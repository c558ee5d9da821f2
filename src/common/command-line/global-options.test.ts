import { describe, expect, it } from 'vitest';
import { globalOptionIn, takeGlobalOptions } from './global-options.js';

describe('the options that decide where a command runs', () => {
  it.each([
    [['--data', 'd', 'status'], { '--data': 'd' }, ['status']],
    [['status', '--data=d', '--json'], { '--data': 'd' }, ['status', '--json']],
    [
      ['--url', 'https://x', 'info', '--token-file=t', 'jq', '--ca-file', 'c'],
      { '--url': 'https://x', '--token-file': 't', '--ca-file': 'c' },
      ['info', 'jq'],
    ],
    [['info', '--', '--data', 'd'], {}, ['info', '--', '--data', 'd']],
    [['info', '--database', '--urls=x'], {}, ['info', '--database', '--urls=x']],
    [['--data', 'a', '--data', 'b'], { '--data': 'b' }, []],
  ])('are taken out of %j', (words, values, rest) => {
    const taken = takeGlobalOptions(words);
    expect({ values: Object.fromEntries(taken.values), rest: taken.rest }).toEqual({ values, rest });
  });

  it.each([['--data'], ['--data='], ['--url', ''], ['--token-file', '--']])('need a value: %j', (...words) =>
    expect(() => takeGlobalOptions(words)).toThrow(`cannot use ${words[0]?.replace('=', '')}: its`),
  );

  it('are named where they are not allowed', () => {
    expect(globalOptionIn(['status', '--ca-file', 'x'])).toBe('--ca-file');
    expect(globalOptionIn(['status', '--allow-plain-http'])).toBe('--allow-plain-http');
    expect(globalOptionIn(['status', '--', '--data', 'x'])).toBeUndefined();
  });
});
