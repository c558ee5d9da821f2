import { StoreError } from '../common/errors.js';

/** Explains why the server cannot listen on the port that `key` sets. */
export function explainListen(error: Error, address: string, port: number, key: string): Error {
  if (!('code' in error)) return error;
  const why =
    error.code === 'EADDRINUSE'
      ? 'another program listens there'
      : error.code === 'EACCES'
        ? `ports below 1024 need root: set ${key} to a higher one`
        : error.message;
  return new StoreError('not-configured', `cannot listen on ${address} port ${port}: ${why}`, {
    cause: error,
  });
}
