import type { Actor } from './actor-context.service.js';

/** Who did something, as JSON. */
export interface ActorView {
  readonly kind: string;
  readonly name: string;
}

/** @returns null if nobody recorded it */
export function actorView(actor: Pick<Actor, 'kind' | 'name'> | undefined): ActorView | null {
  return actor ? { kind: actor.kind, name: actor.name } : null;
}
