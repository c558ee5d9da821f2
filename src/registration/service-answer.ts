import { StoreError } from '../common/errors.js';
import type { JsonAnswer } from './json-post.service.js';

/** What is shown of another's words, in characters. */
const MAX_SHOWN = 300;

/** More than this, and one-time codes, macaroons and certificates are no longer of the same time. */
export const MAX_CLOCK_SKEW_MS = 5 * 60_000;

type Fields = Readonly<Record<string, unknown>>;

export function refuseRegistration(why: string, cause?: unknown): StoreError {
  return new StoreError('upstream-failed', `cannot register: ${why}`, { cause });
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** Another's words in one line, and not too many of them. */
function shown(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > MAX_SHOWN ? `${line.slice(0, MAX_SHOWN)}…` : line;
}

/** A refusal of a dashboard or of a single sign-on. */
export interface ServiceRefusal {
  readonly code: string;
  readonly message: string;
}

/** Reads `{"error-list": [...]}`, or `{"code", "message"}` as login.ubuntu.com has it. */
export function findRefusal({ body }: JsonAnswer): ServiceRefusal | undefined {
  const fields = fieldsOf(body);
  const list: unknown = fields?.['error-list'];
  const error = Array.isArray(list) ? fieldsOf(list[0]) : fields;
  if (typeof error?.['code'] !== 'string') return undefined;
  const { code, message } = error;
  return { code: shown(code), message: typeof message === 'string' ? shown(message) : '' };
}

/** An answer that nothing here can be done about, in the service's own words where it has some. */
export function unexpected(service: URL, answer: JsonAnswer): StoreError {
  const refusal = findRefusal(answer);
  if (refusal) {
    const words = refusal.message === '' ? refusal.code : `${refusal.code}: ${refusal.message}`;
    return refuseRegistration(`${service.origin} answers ${answer.status} ${words}`);
  }
  const what = answer.body === undefined ? 'something that is not JSON' : 'JSON that is not of the contract';
  return refuseRegistration(
    `${service.origin} answers ${answer.status} with ${what}; check proxy.dashboard.location and proxy.sso.location (docs/registration-contract.md)`,
  );
}

/** @throws StoreError `upstream-failed` where the answer has another status, or one of the fields is not a text */
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
 * Holds this machine's clock against a service's `Date`.
 *
 * @throws StoreError `upstream-failed` where they differ by more than {@link MAX_CLOCK_SKEW_MS}
 */
export function checkClock(service: URL, date: string | undefined, now: Date): void {
  const theirs = Date.parse(date ?? '');
  const aheadMs = now.getTime() - theirs;
  if (Number.isNaN(theirs) || Math.abs(aheadMs) <= MAX_CLOCK_SKEW_MS) return;
  const minutes = Math.round(Math.abs(aheadMs) / 60_000);
  throw refuseRegistration(
    `the clock of this machine is ${minutes} minutes ${aheadMs > 0 ? 'ahead of' : 'behind'} that of ${service.origin} (${new Date(theirs).toISOString()}); set it right and register again`,
  );
}
