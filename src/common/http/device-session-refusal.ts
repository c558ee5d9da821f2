import type { FastifyReply } from 'fastify';
import { sendJson } from './json-reply.js';

/**
 * Tells a device to open a new session and to repeat its request.
 *
 * @see snapcore/snapd: store/store.go, doRequest
 */
export function refuseDeviceSession(reply: FastifyReply): void {
  void reply.code(401).header('www-authenticate', 'Macaroon refresh_device_session=1');
  const message = 'the device session has expired, or is not of this store';
  sendJson(reply, { 'error-list': [{ code: 'device-authorization-needs-refresh', message }] });
}
