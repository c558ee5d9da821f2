import type { IncomingMessage } from 'node:http';
import { isAdminUrl } from './problem.view.js';

/** The listener by which a request came in, where management has a listener of its own. */
export type Door = 'devices' | 'management';

/** The property with the result of {@link noteDoor}. */
const DOOR = Symbol('door');

type Noted = IncomingMessage & { [DOOR]?: Door };

/** Keeps by which listener a request came in. */
export function noteDoor(request: IncomingMessage, door: Door): void {
  (request as Noted)[DOOR] = door;
}

/** @returns undefined if one listener serves both devices and management */
export function doorOf(request: IncomingMessage): Door | undefined {
  return (request as Noted)[DOOR];
}

/**
 * Whether a request is for management. On the listener of devices, where management has its own, the paths of
 * management are as unknown as any other.
 */
export function isForManagement(request: IncomingMessage): boolean {
  return isAdminUrl(request.url) && doorOf(request) !== 'devices';
}
