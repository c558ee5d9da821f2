import type { Channel, Risk } from '../channels/channel.js';
import type { ComponentRevision } from './component.js';
import type { SnapRevision } from './snap.js';

/** The push of a component's revision, for a revision of its snap, to a channel. */
export interface ComponentRelease {
  readonly snapRevision: number;
  readonly name: string;
  readonly revision: number;
  /** null: to all channels. */
  readonly track: string | null;
  readonly risk: Risk | null;
  readonly branch: string;
}

/**
 * The last push of each component to each channel, for the revisions of a snap `s` that `$revisions` selects; in
 * the order of the pushes.
 */
export const COMPONENT_RELEASES_JSON = (revisions: string) => `(select json_agg(last order by last.id) from (
  select distinct on (p.snap_revision, c.name, c.track, c.risk, c.branch) c.id, p.snap_revision as "snapRevision",
    c.name, c.revision, c.track, c.risk, c.branch
  from snap_component_release c join snap_component using (snap_id, name, revision)
    join snap_component_pair p using (snap_id, name, revision, provenance)
  where c.snap_id = s.snap_id and p.snap_revision in (${revisions})
  order by p.snap_revision, c.name, c.track, c.risk, c.branch, c.id desc) last)`;

function isOn({ track, risk, branch }: ComponentRelease, channel: Channel): boolean {
  return (
    track === null || (track === channel.track && risk === channel.risk && branch === (channel.branch ?? ''))
  );
}

/**
 * The components that are offered with a revision of a snap on a channel: of each, the one that was pushed there
 * last. If none was, for example after a release by the operator, the newest.
 *
 * @param releases - the pushes of the snap's components, the last one last
 * @param channel - undefined for a revision that is requested only by number
 */
export function offeredComponents(
  { revision: snapRevision, components = [] }: SnapRevision,
  releases: readonly ComponentRelease[],
  channel: Channel | undefined,
): readonly ComponentRevision[] {
  const offered = new Map<string, ComponentRevision>();
  // The newest of each is last.
  for (const component of components) offered.set(component.name, component);
  if (!channel) return [...offered.values()];
  for (const release of releases) {
    if (release.snapRevision !== snapRevision || !isOn(release, channel)) continue;
    const { name, revision } = release;
    const component = components.find((one) => one.name === name && one.revision === revision);
    if (component) offered.set(name, component);
  }
  return [...offered.values()];
}
