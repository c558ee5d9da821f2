import { STATUS_CODES } from 'node:http';
import type { FieldError } from '../errors.js';

/** Below this path is the API for people and machines that manage the store. */
export const ADMIN_PATH = '/admin/';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** On every answer below {@link ADMIN_PATH}, and in the audit trail. */
export const REQUEST_ID_HEADER = 'x-request-id';

/** Whether a request is for management, by its path. */
export function isAdminUrl(url: string | undefined): boolean {
  return url !== undefined && (url.startsWith(ADMIN_PATH) || /^\/metrics(?:$|\?)/.test(url));
}

/** A refusal of the management API. */
export interface Problem {
  readonly status: number;
  /** One of `StoreErrorCode`, or what the HTTP layer says. */
  readonly code: string;
  readonly message: string;
  readonly requestId: string | undefined;
  /** The members of the request that are wrong. */
  readonly fields?: readonly FieldError[] | undefined;
}

/** @see RFC 9457, section 3 */
export function problemView({ status, code, message, requestId, fields }: Problem): object {
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail: message,
    code,
    ...(requestId !== undefined && { 'request-id': requestId }),
    ...(fields && { errors: fields.map(({ field, detail }) => ({ field, detail })) }),
  };
}
