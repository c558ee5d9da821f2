import { expect, it } from 'vitest';
import { StoreError } from '../errors.js';
import { diskFailure } from './disk-failure.js';

const DOING = 'cannot store files in /var/lib/store';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: it did not work`), { code });
}

it.each(['ENOSPC', 'EDQUOT', 'EFBIG'])('reports %s as no space left', (code) => {
  const error = systemError(code);
  const failure = diskFailure(DOING, error);
  expect(failure).toBeInstanceOf(StoreError);
  expect(failure).toMatchObject({
    code: 'storage-failed',
    message: `${DOING}: no space is left on the disk`,
    cause: error,
  });
});

it("reports other errors with the system's message and a hint", () => {
  expect(diskFailure(DOING, systemError('EACCES'), '; be root')).toMatchObject({
    code: 'storage-failed',
    message: `${DOING}: EACCES: it did not work; be root`,
  });
});

it.each([
  ['a refusal', new StoreError('too-large', 'it is too large')],
  ['an error without a code', new Error('a bug')],
  ['an error of Node', systemError('ERR_STREAM_PREMATURE_CLOSE')],
  ['an error of the database', systemError('57P01')],
  ['not an error', 'text'],
])('does not change %s', (_, error) => {
  expect(diskFailure(DOING, error)).toBe(error);
});
