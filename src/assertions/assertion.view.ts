import type { Assertion } from './format/assertion.js';

/**
 * What an assertion says, for who reads it and does not verify it.
 *
 * @see snapcore/snapd: cmd/snap-repair/runner.go, Peek
 */
export function assertionView({ headers, body }: Assertion): object {
  return { headers, body: body.toString() };
}

/**
 * The body of "no such assertion", in the form of the official assertion service.
 *
 * @see snapcore/snapd: store/store_asserts.go, assertionSvcError
 */
export function assertionNotFoundView(typeName: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      status: 404,
      title: 'Not Found',
      detail: `no ${typeName} assertion with that primary key`,
      type: 'not-found',
      'error-list': [{ code: 'not-found', message: `no ${typeName} assertion with that primary key` }],
    }),
  );
}
