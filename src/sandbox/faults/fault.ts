import { isFields } from '../../common/domain/json.js';
import { StoreError } from '../../common/errors.js';

/** The faults that can be requested. */
export const FAULT_KINDS = [
  'slow',
  'cut',
  'wrong-bytes',
  'busy',
  'unavailable',
  'other-url',
  'other-store',
  'other-key',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/** Longest delay, and longest `Retry-After`. */
export const MAX_FAULT_SECONDS = 600;
export const MAX_FAULT_COUNT = 1_000_000;
export const MAX_PATH_LENGTH = 200;

/** A fault in the next answers. */
export interface Fault {
  readonly kind: FaultKind;
  /** The path of the requests; `*` matches anything. */
  readonly path: string;
  /** Number of requests; undefined means all. */
  readonly count: number | undefined;
  /** How long `slow` waits. */
  readonly seconds: number;
  /** The position in the body at which `cut`, `wrong-bytes` and `slow` act, in percent: 0 to 100. */
  readonly percent: number;
  /** The `Retry-After` of `busy` and `unavailable`. */
  readonly retryAfterSeconds: number | undefined;
}

const DEFAULT_PERCENT: Readonly<Partial<Record<FaultKind, number>>> = { cut: 50, 'wrong-bytes': 50 };
const FIELDS = ['kind', 'path', 'count', 'seconds', 'percent', 'retry-after'];

function invalid(why: string): StoreError {
  return new StoreError('invalid-request', `cannot make this fault: ${why}`);
}

function number(
  fields: Readonly<Record<string, unknown>>,
  name: string,
  max: number,
  { whole = false, min = 0 } = {},
): number | undefined {
  const value = fields[name];
  if (value === undefined) return undefined;
  const given = typeof value === 'string' && /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
  if (typeof given === 'number' && given >= min && given <= max && (!whole || Number.isInteger(given)))
    return given;
  throw invalid(`${name} must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}`);
}

function isKind(value: unknown): value is FaultKind {
  return FAULT_KINDS.some((kind) => kind === value);
}

/**
 * Parses a fault, from JSON or from the command line.
 *
 * @throws StoreError `invalid-request` naming the invalid field
 */
export function parseFault(value: unknown): Fault {
  if (!isFields(value)) throw invalid('give an object');
  const fields = value;
  const unknown = Object.keys(fields).find((name) => !FIELDS.includes(name));
  if (unknown !== undefined)
    throw invalid(`${JSON.stringify(unknown)} is not known; give ${FIELDS.join(', ')}`);
  const { kind, path = '*', count = 1 } = fields;
  if (!isKind(kind)) throw invalid(`kind must be one of ${FAULT_KINDS.join(', ')}`);
  if (typeof path !== 'string' || path.length > MAX_PATH_LENGTH || !/^[/*]/.test(path))
    throw invalid(`path must begin with / or * and have at most ${MAX_PATH_LENGTH} characters`);
  return {
    kind,
    path,
    count:
      count === 'always' ? undefined : number({ count }, 'count', MAX_FAULT_COUNT, { whole: true, min: 1 }),
    seconds: number(fields, 'seconds', MAX_FAULT_SECONDS) ?? 1,
    percent: number(fields, 'percent', 100) ?? DEFAULT_PERCENT[kind] ?? 0,
    retryAfterSeconds: number(fields, 'retry-after', MAX_FAULT_SECONDS, { whole: true }),
  };
}

/**
 * Parses `KIND[,name=value...]`, the argument of `--fault`.
 *
 * @throws StoreError `invalid-request`
 */
export function parseFaultWords(text: string): Fault {
  const [kind, ...pairs] = text.split(',');
  const fields: Record<string, string> = {};
  for (const pair of pairs) {
    const [name = '', ...value] = pair.split('=');
    if (value.length === 0) throw invalid(`${JSON.stringify(pair)} is not name=value`);
    fields[name] = value.join('=');
  }
  return parseFault({ kind, ...fields });
}

/** Whether a fault applies to this path. */
export function matchesPath({ path }: Fault, asked: string): boolean {
  const [first = '', ...others] = path.split('*');
  const last = others.pop();
  if (last === undefined) return asked === path;
  if (asked.length < first.length + last.length || !asked.startsWith(first) || !asked.endsWith(last))
    return false;
  const end = asked.length - last.length;
  let at = first.length;
  for (const piece of others) {
    const found = asked.indexOf(piece, at);
    if (found === -1 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}

export function faultView({ kind, path, count, seconds, percent, retryAfterSeconds }: Fault): object {
  return { kind, path, count: count ?? 'always', seconds, percent, 'retry-after': retryAfterSeconds };
}
