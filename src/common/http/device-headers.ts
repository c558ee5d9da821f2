import type { FastifyRequest } from 'fastify';
import { isArchitecture, SERIES } from '../domain/words.js';
import { StoreError } from '../errors.js';
import { requestHeader } from './request-header.js';

/** Empty is the same as missing. */
export function deviceHeader(request: FastifyRequest, name: string): string | undefined {
  return requestHeader(request, name) || undefined;
}

/** A header with one value. If a proxy sends it twice, Node joins the values with commas. */
function singleValue(request: FastifyRequest, name: string): string | undefined {
  const text = deviceHeader(request, name);
  if (!text?.includes(',')) return text;
  const [value, ...others] = new Set(
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );
  return others.length === 0 ? value : text;
}

/**
 * The architecture that a request names: the query parameter, the v2 header, or the v1 header.
 *
 * @returns undefined if it names none, like scripts that query the store
 * @throws StoreError `invalid-request` on an invalid architecture name, or on a series other than 16
 * @see snapcore/snapd: store/store.go, newRequest
 */
export function namedArchitecture(request: FastifyRequest, fromQuery?: string): string | undefined {
  const series =
    singleValue(request, 'snap-device-series') ?? singleValue(request, 'x-ubuntu-series') ?? SERIES;
  if (series !== SERIES)
    throw new StoreError(
      'invalid-request',
      `cannot serve series ${JSON.stringify(series.slice(0, 32))}: this store has series ${SERIES}`,
    );
  const asked = fromQuery !== undefined && fromQuery !== '' ? fromQuery : undefined;
  const architecture =
    asked ??
    singleValue(request, 'snap-device-architecture') ??
    singleValue(request, 'x-ubuntu-architecture');
  if (architecture !== undefined && !isArchitecture(architecture)) {
    throw new StoreError(
      'invalid-request',
      `cannot serve architecture ${JSON.stringify(architecture.slice(0, 32))}: it is not an architecture name`,
    );
  }
  return architecture;
}
