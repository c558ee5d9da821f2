import type { FastifyRequest } from 'fastify';
import { DEFAULT_ARCHITECTURE, isArchitecture, SERIES } from '../common/domain/words.js';
import { StoreError } from '../common/errors.js';
import { clientAddress } from '../common/http/client-address.js';
import { requestHeader } from '../common/http/request-header.js';
import type { RequestingDevice } from './device-catalogue.service.js';

/** The headers that {@link deviceArchitecture} reads, as `Vary` lists them. */
export const ARCHITECTURE_HEADERS =
  'Snap-Device-Architecture, X-Ubuntu-Architecture, Snap-Device-Series, X-Ubuntu-Series';

/** Empty is the same as missing. */
function headerText(request: FastifyRequest, name: string): string | undefined {
  return requestHeader(request, name) || undefined;
}

/** A header with one value. If a proxy sends it twice, Node joins the values with commas. */
function singleValue(request: FastifyRequest, name: string): string | undefined {
  const text = headerText(request, name);
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

/** As {@link namedArchitecture}, for answers that need one architecture: by default that of most devices. */
export function deviceArchitecture(request: FastifyRequest, fromQuery?: string): string {
  return namedArchitecture(request, fromQuery) ?? DEFAULT_ARCHITECTURE;
}

/** Who sent a request, and from where. */
export function requestingDevice(request: FastifyRequest): RequestingDevice {
  return { session: request.deviceSession ?? undefined, address: clientAddress(request.raw) };
}

/**
 * Whether the device supports being moved to a snap's default track.
 *
 * @see snapcore/snapd: store/store.go, newRequest (`Snap-Device-Capabilities`)
 */
export function followsDefaultTracks(request: FastifyRequest): boolean {
  const capabilities = headerText(request, 'snap-device-capabilities') ?? '';
  return capabilities.split(',').some((name) => name.trim() === 'default-tracks');
}

/**
 * Whether the device can apply deltas of a format.
 *
 * @see snapcore/snapd: store/store_action.go (`Snap-Accept-Delta-Format`: names after commas); 2.30: store/store.go,
 *   refreshForCandidates (`X-Ubuntu-Delta-Formats`)
 */
export function acceptsDeltaFormat(request: FastifyRequest, format: string): boolean {
  const formats =
    headerText(request, 'snap-accept-delta-format') ?? headerText(request, 'x-ubuntu-delta-formats');
  return formats !== undefined && formats.split(',').some((name) => name.trim() === format);
}
