import type { Assertion, HeaderMap } from './format/assertion.js';

/** An assertion as JSON, without its headers. */
export interface AssertionSummaryView {
  readonly type: string;
  readonly 'primary-key': readonly string[];
  readonly revision: number;
  readonly format: number;
  readonly 'authority-id': string | null;
  readonly 'sign-key-sha3-384': string;
}

export function assertionSummaryView(assertion: Assertion): AssertionSummaryView {
  const { type, primaryKey, assertionRevision, format, authorityId, signKeyId } = assertion;
  return {
    type: type.name,
    'primary-key': primaryKey,
    revision: assertionRevision,
    format,
    'authority-id': authorityId ?? null,
    'sign-key-sha3-384': signKeyId,
  };
}

/** An assertion as JSON, for clients that read but do not verify it. */
export function assertionDetailView(
  assertion: Assertion,
): AssertionSummaryView & { readonly headers: HeaderMap; readonly body: string } {
  const { headers, body } = assertion;
  return { ...assertionSummaryView(assertion), headers, body: body.toString() };
}
