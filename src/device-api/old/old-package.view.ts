import type { CatalogueSnap } from '../../catalogue/catalogue-snap.js';
import { downloadPath } from '../../catalogue/snap-json.view.js';
import { shownMedia, type SnapRevision } from '../../catalogue/snap.js';
import type { OpenRelease } from '../../channels/channel-map.js';
import { RISKS, shortChannelName } from '../../channels/channel.js';
import { digestToHex } from '../../common/crypto/digest.js';
import { ORIGIN_HOLE } from '../../common/http/json-template.js';
import { DELTA_FORMAT, deltaFileName, type Delta } from '../../deltas/delta.js';
import type { Epoch } from '../../snap-files/epoch.js';
import { safeLink } from '../../snap-files/links.js';

/** A revision of a snap in the APIs of snapd before 2.44. */
export interface OldPackage {
  readonly entry: CatalogueSnap;
  readonly revision: SnapRevision;
  /** The short name of its channel; undefined if it was requested by number. */
  readonly channel: string | undefined;
  /** From the device's revision. */
  readonly delta?: Delta | undefined;
  /** The offers of its channels to the device, if requested. */
  readonly releases?: readonly OpenRelease[];
}

/** A path below the origin of the request. */
function urlOf(path: string): string {
  return ORIGIN_HOLE + path;
}

/** An epoch in the short form, if it has one: the oldest of these snapds support no other. */
function epochView({ read, write }: Epoch): string | Epoch {
  const [only, ...others] = write;
  if (only === undefined || others.length > 0) return { read, write };
  const reads = read.join();
  if (reads === `${only}`) return `${only}`;
  return reads === `${only - 1},${only}` ? `${only}*` : { read, write };
}

/** snapd before 2.37 refuses an answer with the type snapd. At that time the snap was an application. */
function typeView(type: string): string {
  return type === 'app' || type === 'snapd' ? 'application' : type;
}

function deltaView(delta: Delta): object {
  const url = urlOf(`/api/v1/snaps/download/${deltaFileName(delta)}`);
  return {
    format: DELTA_FORMAT,
    from_revision: delta.source,
    to_revision: delta.target,
    anon_download_url: url,
    download_url: url,
    binary_filesize: delta.sizeBytes,
    download_sha3_384: digestToHex(delta.digest),
  };
}

/** All risks of each track; one without a release has no `info`. */
function channelMapsView({ released }: CatalogueSnap, releases: readonly OpenRelease[]): object[] {
  const tracks = [...new Set(releases.map(({ channel }) => channel.track))];
  return tracks.map((track) => ({
    track,
    map: RISKS.map((risk) => {
      const release = releases.find(({ channel }) => channel.track === track && channel.risk === risk);
      const revision = release && released.get(release.revision);
      const channel = shortChannelName({ track, risk });
      if (!revision) return { channel, info: '' };
      return {
        channel,
        info: 'released',
        revision: revision.revision,
        version: revision.version,
        confinement: revision.confinement,
        epoch: epochView(revision.epoch),
        binary_filesize: revision.sizeBytes,
      };
    }),
  }));
}

function mediaFields({ snap }: CatalogueSnap): Record<string, unknown> {
  const media = shownMedia(snap).map((one) => ({ ...one, url: urlOf(one.url) }));
  const urlsOf = (wanted: string) => media.filter(({ type }) => type === wanted).map(({ url }) => url);
  return { media, icon_url: urlsOf('icon')[0] ?? '', screenshot_urls: urlsOf('screenshot') };
}

function fileFields({ revision, delta }: OldPackage): Record<string, unknown> {
  const url = urlOf(downloadPath(revision.snapId, revision.revision));
  return {
    anon_download_url: url,
    download_url: url,
    download_sha3_384: digestToHex(revision.digest),
    binary_filesize: revision.sizeBytes,
    deltas: delta ? [deltaView(delta)] : [],
  };
}

function snapFields({ entry: { snap, publisher } }: OldPackage): Record<string, unknown> {
  const contact = safeLink(snap.contact) ?? '';
  return {
    package_name: snap.name,
    snap_id: snap.snapId,
    title: snap.title,
    summary: snap.summary,
    description: snap.description,
    ...(snap.license === null ? {} : { license: snap.license }),
    contact,
    support_url: contact,
    prices: {},
    private: snap.isPrivate,
    ratings_average: 0,
    publisher: publisher.displayName,
    origin: publisher.username,
    developer_id: publisher.id,
    developer_name: publisher.displayName,
    developer_validation: publisher.validation,
  };
}

function revisionFields({ revision, channel }: OldPackage): Record<string, unknown> {
  return {
    revision: revision.revision,
    version: revision.version,
    architecture: revision.architectures,
    ...(channel === undefined ? {} : { channel }),
    ...(revision.base === null ? {} : { base: revision.base }),
    content: typeView(revision.type),
    confinement: revision.confinement,
    epoch: epochView(revision.epoch),
    common_ids: revision.commonIds,
    last_updated: revision.createdAt.toISOString(),
    snap_yaml_raw: revision.snapYaml,
  };
}

/** Long, and not requested by any of these snapds. */
const ONLY_IF_ASKED = 'snap_yaml_raw';

/**
 * A package as `/api/v1/snaps/search`, `details` and `metadata` answer it. Its URLs begin with a placeholder for
 * the origin.
 *
 * @param fields - by their names in JSON; an empty set means all fields
 * @see snapcore/snapd 2.30: store/details.go, snapDetails
 */
export function oldPackageView(found: OldPackage, fields: ReadonlySet<string>): object {
  const all: Record<string, unknown> = {
    ...snapFields(found),
    ...mediaFields(found.entry),
    ...revisionFields(found),
    ...fileFields(found),
    ...(found.releases && { channel_maps_list: channelMapsView(found.entry, found.releases) }),
  };
  const isWanted = (name: string) => (fields.size === 0 ? name !== ONLY_IF_ASKED : fields.has(name));
  return Object.fromEntries(Object.entries(all).filter(([name]) => isWanted(name)));
}
