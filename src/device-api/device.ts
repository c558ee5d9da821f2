import type { FastifyRequest } from 'fastify';
import { DEFAULT_ARCHITECTURE } from '../common/domain/words.js';
import { clientAddress } from '../common/http/client-address.js';
import { deviceHeader, namedArchitecture } from '../common/http/device-headers.js';
import type { RequestingDevice } from './device-catalogue.service.js';

/** The headers that {@link deviceArchitecture} reads, as `Vary` lists them. */
export const ARCHITECTURE_HEADERS =
  'Snap-Device-Architecture, X-Ubuntu-Architecture, Snap-Device-Series, X-Ubuntu-Series';

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
  const capabilities = deviceHeader(request, 'snap-device-capabilities') ?? '';
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
    deviceHeader(request, 'snap-accept-delta-format') ?? deviceHeader(request, 'x-ubuntu-delta-formats');
  return formats !== undefined && formats.split(',').some((name) => name.trim() === format);
}
