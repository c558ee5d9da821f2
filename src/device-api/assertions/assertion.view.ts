import type { Assertion } from '../../assertions/format/assertion.js';

/**
 * The content of an assertion, for clients that read but do not verify it.
 *
 * @see snapcore/snapd: cmd/snap-repair/runner.go, Peek
 */
export function assertionView({ headers, body }: Assertion): object {
  return { headers, body: body.toString() };
}

/** A refusal in the formats of both old and new snapds. @see RFC 9457, section 3 */
export function assertionProblemView(status: number, title: string, code: string, detail: string): object {
  return { status, title, detail, type: code, 'error-list': [{ code, message: detail }] };
}

/**
 * The body of "no such assertion", as the official assertion service sends it.
 *
 * @see snapcore/snapd: store/store_asserts.go, assertionSvcError
 */
export function assertionNotFoundView(typeName: string): Buffer {
  const detail = `no ${typeName} assertion with that primary key`;
  return Buffer.from(JSON.stringify(assertionProblemView(404, 'Not Found', 'not-found', detail)));
}
