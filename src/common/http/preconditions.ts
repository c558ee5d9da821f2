import type { FastifyReply, FastifyRequest } from 'fastify';
import { StoreError } from '../errors.js';
import { readHttpDate } from './http-date.js';

/** The validators of a resource's state. */
export interface Validators {
  /** Strong, with its quotes. */
  readonly etag: string;
  /** When it changed last; omitted if that is unknown. */
  readonly lastModified?: Date | undefined;
}

/** A tag may contain commas. RFC 9110, section 8.8.3. */
const TAGS = /(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

/** Whether a header names a state. `strong`: for bytes that are combined; `weak`: a proxy that compresses may have marked the tag. */
export function names(header: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  if (header.trim() === '*') return true;
  for (const [, isWeak, tag] of header.matchAll(TAGS))
    if (tag === etag && (comparison === 'weak' || isWeak === undefined)) return true;
  return false;
}

/** HTTP dates have whole seconds. */
function seconds(time: number): number {
  return Math.floor(time / 1_000);
}

/** With a slow clock, an answer must not be dated in the future. RFC 9110, section 8.8.2.1. */
function modifiedAt({ lastModified }: Validators): number | undefined {
  const time = lastModified?.getTime();
  return time === undefined || Number.isNaN(time) || time > Date.now() ? undefined : time;
}

/**
 * Sets the validators of this answer, and evaluates the client's conditions in the order of RFC 9110, section
 * 13.2.2. For a GET or HEAD, before its range.
 *
 * @returns whether the client has it already: the answer is then 304, and sent
 * @throws StoreError `precondition-failed` if the state does not meet the client's conditions
 */
export function isNotModified(request: FastifyRequest, reply: FastifyReply, validators: Validators): boolean {
  const { headers } = request;
  const { etag } = validators;
  const modified = modifiedAt(validators);
  void reply.header('etag', etag);
  if (modified !== undefined) void reply.header('last-modified', new Date(modified).toUTCString());
  const unmodifiedSince = readHttpDate(headers['if-unmodified-since']);
  if (headers['if-match'] !== undefined) {
    if (!names(headers['if-match'], etag, 'strong')) throw failed('If-Match names another state of it');
  } else if (
    modified !== undefined &&
    unmodifiedSince !== undefined &&
    seconds(modified) > seconds(unmodifiedSince)
  )
    throw failed('it is newer than If-Unmodified-Since');
  if (!isKnown(headers['if-none-match'], readHttpDate(headers['if-modified-since']), etag, modified))
    return false;
  void reply.code(304).send();
  return true;
}

function isKnown(
  noneMatch: string | undefined,
  modifiedSince: number | undefined,
  etag: string,
  modified: number | undefined,
): boolean {
  if (noneMatch !== undefined) return names(noneMatch, etag, 'weak');
  return modified !== undefined && modifiedSince !== undefined && seconds(modified) <= seconds(modifiedSince);
}

function failed(why: string): StoreError {
  return new StoreError('precondition-failed', `cannot answer under that condition: ${why}`);
}

/**
 * Whether a `Range` applies: without `If-Range`, or if that matches exactly this state, by a strong tag or its
 * date.
 *
 * @see RFC 9110, section 13.1.5
 */
export function rangeCounts({ headers }: FastifyRequest, validators: Validators): boolean {
  const condition = headers['if-range'];
  if (condition === undefined || String(condition) === validators.etag) return true;
  const date = readHttpDate(String(condition));
  const modified = modifiedAt(validators);
  return date !== undefined && modified !== undefined && seconds(modified) === seconds(date);
}
