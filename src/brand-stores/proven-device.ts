/**
 * How far a serial is believed: `own`, the store holds it itself; `known-brand`, it is signed by a key
 * that leads up to a trusted root; `unknown`, the store does not have the key that signed it, so that
 * anybody may have made it up.
 */
export type SerialTrust = 'own' | 'known-brand' | 'unknown';

/** A device that has proven who it is by the serial that its brand gave it. */
export interface ProvenDevice {
  readonly brandId: string;
  readonly model: string;
  readonly serial: string;
  /** The store that its model names. */
  readonly storeId?: string;
  readonly trust: SerialTrust;
  /** When its session ends, in milliseconds. */
  readonly expiresAt?: number;
}

/** How long before its end a device is told to renew a session, with an answer that it can use. */
export const RENEWAL_MS = 24 * 60 * 60 * 1_000;

/** Whether a session that still holds is to be renewed. */
export function isToBeRenewed({ expiresAt }: ProvenDevice, now = Date.now()): boolean {
  return expiresAt !== undefined && now >= expiresAt - RENEWAL_MS;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose session came with the request, where one did. */
    deviceSession: ProvenDevice | null;
    /** Whether one came that is good no more: the request is answered as if none had. */
    hasBadDeviceSession: boolean;
  }
}
