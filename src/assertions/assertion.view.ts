import type { Assertion } from './format/assertion.js';

/**
 * What an assertion says, for who reads it and does not verify it.
 *
 * @see snapcore/snapd: cmd/snap-repair/runner.go, Peek
 */
export function assertionView({ headers, body }: Assertion): object {
  return { headers, body: body.toString() };
}

/** A refusal as old snapds read it, and as new ones do. @see RFC 9457, section 3 */
export function problemView(status: number, title: string, code: string, detail: string): object {
  return { status, title, detail, type: code, 'error-list': [{ code, message: detail }] };
}

/**
 * The body of "no such assertion", in the form of the official assertion service.
 *
 * @see snapcore/snapd: store/store_asserts.go, assertionSvcError
 */
export function assertionNotFoundView(typeName: string): Buffer {
  const detail = `no ${typeName} assertion with that primary key`;
  return Buffer.from(JSON.stringify(problemView(404, 'Not Found', 'not-found', detail)));
}
