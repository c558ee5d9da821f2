/**
 * How far a serial is verified. `own`: the store holds it. `known-brand`: it is signed by a key that leads to a
 * trusted root. `unknown`: the store does not have the key that signed it, so it may be forged.
 */
export type SerialTrust = 'own' | 'known-brand' | 'unknown';

/** The session of a device that has authenticated with the serial that its brand issued. */
export interface DeviceSession {
  readonly brandId: string;
  readonly model: string;
  readonly serial: string;
  /** The store that its model names. */
  readonly storeId?: string;
  readonly trust: SerialTrust;
  /** When the session expires, in milliseconds. */
  readonly expiresAt: number;
}

/** How long before its session expires a device is told to renew it. It still gets its answer. */
export const RENEWAL_MS = 24 * 60 * 60 * 1_000;

/** Whether a valid session must be renewed. */
export function isToBeRenewed({ expiresAt }: DeviceSession, now = Date.now()): boolean {
  return now >= expiresAt - RENEWAL_MS;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The session that came with the request, if there is one. */
    deviceSession: DeviceSession | null;
    /** Whether the session is no longer valid. The request is answered as if it had none. */
    hasBadDeviceSession: boolean;
  }
}
