import type { CatalogueSnap } from '../../catalogue/catalogue-snap.js';
import { serves, type ChannelRelease } from '../../channels/channel-map.js';
import type { JsonTemplate } from '../../common/http/json-template.js';
import type { Delta } from '../../deltas/delta.js';
import type { AssertionQuery, SnapAction } from './refresh-request.js';

/** The result of an action: a revision, with the requested fields. */
export interface SnapResult {
  readonly kind: 'snap';
  readonly action: SnapAction;
  readonly offer: JsonTemplate;
  /** The snap's revision, as the device sees it. */
  readonly found: { readonly entry: CatalogueSnap; readonly revision: number };
  /** The channel to track instead of the requested one. */
  readonly redirect?: string | undefined;
  /** From the device's revision. */
  readonly delta?: Delta | undefined;
}

/** Why one action has no revision. The codes are snapd's: store/errors.go, translateSnapActionError. */
export interface ErrorResult {
  readonly kind: 'error';
  readonly instanceKey: string;
  readonly name: string | undefined;
  readonly snapId: string | undefined;
  readonly code: string;
  readonly message: string;
  /** The snap's releases, for the hint that snapd prints. */
  readonly releases: readonly ChannelRelease[];
}

export interface AssertionsResult {
  readonly kind: 'assertions';
  readonly key: string;
  /** Paths of the assertions that are new to the device. */
  readonly paths: readonly string[];
  readonly missing: readonly AssertionQuery[];
}

export type RefreshResult = SnapResult | ErrorResult | AssertionsResult;

export function refusedAction(
  action: SnapAction,
  entry: CatalogueSnap | undefined,
  code: string,
  message: string,
  releases: readonly ChannelRelease[] = [],
): ErrorResult {
  return {
    kind: 'error',
    instanceKey: action.instanceKey,
    name: entry?.name ?? action.name,
    snapId: entry?.snapId ?? action.snapId,
    code,
    message,
    releases,
  };
}

export function notFound(action: SnapAction): ErrorResult {
  return action.snapId === undefined
    ? refusedAction(
        action,
        undefined,
        'name-not-found',
        `no snap named ${JSON.stringify(action.name ?? '')} in this store`,
      )
    : refusedAction(
        action,
        undefined,
        'id-not-found',
        `no snap with id ${JSON.stringify(action.snapId)} in this store`,
      );
}

/** Other releases of the snap. One for `all` gets the device's architecture, or snapd would report another one. */
export function noRevision(
  action: SnapAction,
  entry: CatalogueSnap,
  architecture: string,
  message: string,
): ErrorResult {
  const open = entry.channelMap
    .filter(({ revision }) => revision !== null)
    .map((release) => (serves(release, architecture) ? { ...release, architecture } : release));
  return refusedAction(action, entry, 'revision-not-found', message, open);
}
