import { isFields, type JsonFields } from '../common/domain/json.js';
import { StoreError } from '../common/errors.js';
import type { JsonAnswer } from './json-post.service.js';

/** Longest part of a service's message that is shown, in characters. */
const MAX_SHOWN = 300;

/** Largest accepted difference of clocks; above it, one-time codes, macaroons and certificates fail. */
export const MAX_CLOCK_SKEW_MS = 5 * 60_000;

export function refuseRegistration(why: string, cause?: unknown): StoreError {
  return new StoreError('upstream-failed', `cannot register: ${why}`, { cause });
}

function fieldsOf(value: unknown): JsonFields | undefined {
  return isFields(value) ? value : undefined;
}

/** Shortens a service's message to one line. */
function shown(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line;
}

/** An error from a dashboard or a single sign-on. */
export interface ServiceRefusal {
  readonly code: string;
  readonly message: string;
}

/** Reads `{"error-list": [...]}`, or `{"code", "message"}` as login.ubuntu.com sends it. */
export function findRefusal({ body }: JsonAnswer): ServiceRefusal | undefined {
  const fields = fieldsOf(body);
  const list: unknown = fields?.['error-list'];
  const error = Array.isArray(list) ? fieldsOf(list[0]) : fields;
  if (typeof error?.['code'] !== 'string') return undefined;
  const { code, message } = error;
  return { code: shown(code), message: typeof message === 'string' ? shown(message) : '' };
}

/** Makes the error for an unexpected answer, with the service's own message if it has one. */
export function unexpected(service: URL, answer: JsonAnswer): StoreError {
  const refusal = findRefusal(answer);
  if (refusal) {
    const words = refusal.message === '' ? refusal.code : `${refusal.code}: ${refusal.message}`;
    return refuseRegistration(`${service.origin} answers ${answer.status} ${words}`);
  }
  const what =
    answer.body === undefined ? 'something that is not JSON' : 'JSON that does not match the contract';
  return refuseRegistration(
    `${service.origin} answers ${answer.status} with ${what}; check proxy.dashboard.location and proxy.sso.location (docs/registration-contract.md)`,
  );
}

/** @throws StoreError `upstream-failed` if the answer has another status, or if one of the fields is not a string */
export function textsOf<Name extends string>(
  service: URL,
  answer: JsonAnswer,
  status: number,
  names: readonly Name[],
): Readonly<Record<Name, string>> {
  const fields = fieldsOf(answer.body);
  const texts: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const text = fields?.[name];
    if (answer.status !== status || typeof text !== 'string' || text === '')
      throw unexpected(service, answer);
    texts[name] = text;
  }
  return texts as Record<Name, string>;
}

/**
 * Compares this machine's clock with the `Date` of a service.
 *
 * @throws StoreError `upstream-failed` if they differ by more than {@link MAX_CLOCK_SKEW_MS}
 */
export function checkClock(service: URL, date: string | undefined, now: Date): void {
  const theirs = Date.parse(date ?? '');
  const aheadMs = now.getTime() - theirs;
  if (Number.isNaN(theirs) || Math.abs(aheadMs) <= MAX_CLOCK_SKEW_MS) return;
  const minutes = Math.round(Math.abs(aheadMs) / 60_000);
  throw refuseRegistration(
    `the clock of this machine is ${minutes} minutes ${aheadMs > 0 ? 'ahead of' : 'behind'} that of ${service.origin} (${new Date(theirs).toISOString()}); correct it and register again`,
  );
}
