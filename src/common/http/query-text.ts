import type { FastifyRequest } from 'fastify';
import { StoreError } from '../errors.js';

/** What a parameter must be. */
export interface TextRule {
  readonly pattern: RegExp;
  /** For the error message, after "must be". */
  readonly expected: string;
}

/**
 * One parameter of a query, for requests that devices send all the time: a DTO would cost as much as the rest of
 * their answer.
 *
 * @returns undefined if the parameter is missing
 * @throws StoreError `invalid-request` if it does not follow the rule, or occurs more than once
 */
export function queryText(request: FastifyRequest, name: string, rule: TextRule): string | undefined {
  const value = (request.query as Readonly<Record<string, unknown>>)[name];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && rule.pattern.test(value)) return value;
  const why = Array.isArray(value) ? 'occurs more than once' : `must be ${rule.expected}`;
  throw new StoreError('invalid-request', `cannot read request: ${name} ${why}`);
}

/** A named part of the route's path. */
export function pathText(request: FastifyRequest, name: string): string {
  const value = (request.params as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : '';
}

/** Accepts any text. */
export const ANY_TEXT: TextRule = { pattern: /^/, expected: 'text' };

/** Accepts any text up to a number of characters. */
export function textUpTo(maxLength: number): TextRule {
  return { pattern: new RegExp(`^[^]{0,${maxLength}}$`), expected: `at most ${maxLength} characters` };
}
