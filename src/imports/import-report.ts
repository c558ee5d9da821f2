import type { StoreOutcome } from '../brand-stores/brand-stores.service.js';
import { sizeText } from '../common/terminal/size-text.js';
import { EMPTY } from '../releases/release-lines.js';
import type { PushedPicture } from './collected-pictures.js';

/** What happened, or would happen, to one channel. */
export interface ChannelOutcome {
  /** In full: `latest/stable`. */
  readonly channel: string;
  readonly architecture: string;
  /** What it pointed at; null where it pointed at nothing. */
  readonly from: number | null;
  readonly to: number;
  /**
   * `kept`: the store's revision is newer, so the channel was not moved back, or not opened for something older than
   * what its devices get without it; `decided`: the operator
   * put the channel where it is, and the file is no news since.
   */
  readonly outcome: 'moved' | 'kept' | 'decided' | 'unchanged';
  /** Of what moved: the versions of the two revisions. */
  readonly versions?: { readonly from: string | null; readonly to: string };
}

/** What happened, or would happen, to one revision. */
export interface RevisionOutcome {
  readonly revision: number;
  readonly outcome: 'added' | 'present';
}

/** What happened, or would happen, to one revision of a component. */
export interface ComponentOutcome extends RevisionOutcome {
  readonly name: string;
}

/** The bundle that a push read, where it was one of this program. */
export interface BundleFacts {
  readonly createdAt: Date;
  readonly source: string;
  /** Id of the key that signed it. */
  readonly signedBy: string | undefined;
  /** Of its snaps those that a newer bundle of this source brought before, and when the newest of these was made. */
  readonly newerSeen: { readonly createdAt: Date; readonly snaps: readonly string[] } | undefined;
}

/** What a push did for one snap, or would do. */
export interface SnapOutcome {
  readonly name: string;
  readonly snapId: string;
  readonly revisions: readonly RevisionOutcome[];
  readonly components: readonly ComponentOutcome[];
  readonly channels: readonly ChannelOutcome[];
  /** The brand store that it belongs to by this push, and did not before. */
  readonly store?: string;
  /** The pictures that it is listed with by this push, where that changed. */
  readonly media?: readonly PushedPicture[];
  /** What devices install along with the revisions whose files came. */
  readonly needs: readonly SnapNeed[];
}

/** A snap that others need. */
export interface SnapNeed {
  readonly name: string;
  /** Of the devices that need it; `all` for a snap that is for all of them. */
  readonly architectures: readonly string[];
}

/** What a push of one file did or, in a dry run, would do. Nothing is ever removed. */
export interface ImportReport {
  readonly file: string;
  readonly isDryRun: boolean;
  readonly bundle: BundleFacts | undefined;
  /** The brand stores of a store's export. */
  readonly stores: readonly StoreOutcome[];
  readonly snaps: readonly SnapOutcome[];
  /** Assertions that are new to the store. */
  readonly assertionsAdded: number;
  /** Bytes of files that the store does not hold yet. */
  readonly bytesAdded: number;
  /** `false` where the store held everything already. */
  readonly changed: boolean;
}

/** Why a channel stays; nothing where there is nothing to say. */
function channelLine(name: string, { channel, architecture, from, to, outcome }: ChannelOutcome): string[] {
  if (outcome === 'decided')
    return [
      `[snap ${name}] ${channel} (${architecture}) stays ${from === null ? 'closed' : `at revision ${from}`}, as the operator decided after revision ${to} (use --push-channel-map to move it).`,
    ];
  if (outcome !== 'kept') return [];
  if (from === null)
    return [
      `[snap ${name}] ${channel} (${architecture}) stays ${EMPTY}: revision ${to} is older than what its devices get (use --push-channel-map to open it).`,
    ];
  return [
    `[snap ${name}] ${channel} (${architecture}) stays at revision ${from}: revision ${to} is older (use --push-channel-map to move it back).`,
  ];
}

/** `latest/stable (amd64): 2 -> 3, version 1.6 -> 1.7`: what moved, or would move. */
function moveText({ channel, architecture, from, to, versions }: ChannelOutcome): string {
  const version = versions
    ? `, version ${versions.from === null ? '' : `${versions.from} -> `}${versions.to}`
    : '';
  return `${channel} (${architecture}): ${from ?? EMPTY} -> ${to}${version}`;
}

/** What became of the files of a snap, or would become. */
function fileLines({ name, revisions, components }: SnapOutcome, verb: string): string[] {
  const line = (what: 'snap' | 'component', shown: string, { revision, outcome }: RevisionOutcome) => {
    const files = `${what} blob and assertions for ${shown} revision ${revision}`;
    const sentence =
      outcome === 'added'
        ? `${verb} ${files}`
        : `${files.replace(what, what === 'snap' ? 'Snap' : 'Component')} are already in the store`;
    return `[snap ${name}] ${sentence}`;
  };
  return [
    ...revisions.map((one) => line('snap', name, one)),
    ...components.map((one) => line('component', `${name}+${one.name}`, one)),
  ];
}

/** `1 icon, 3 screenshots`: pictures counted by what the upstream store calls them. */
function shownMedia(media: readonly PushedPicture[]): string {
  const types = [...new Set(media.map(({ type }) => type))];
  const counted = types.map((type) => {
    const count = media.filter((one) => one.type === type).length;
    return `${count} ${type}${count === 1 ? '' : 's'}`;
  });
  return counted.join(', ') || 'none';
}

/** The lines that a push prints, in the words of the original. */
export function reportLines({ snaps, changed, assertionsAdded }: ImportReport): string[] {
  const lines = snaps.flatMap((snap) => [
    ...(snap.store === undefined ? [] : [`[snap ${snap.name}] Store: ${snap.store}`]),
    ...fileLines(snap, 'Uploaded'),
    ...(snap.media ? [`[snap ${snap.name}] Media: ${shownMedia(snap.media)}`] : []),
    ...snap.channels.flatMap((channel) => channelLine(snap.name, channel)),
    snap.channels.some(({ outcome }) => outcome === 'moved')
      ? `[snap ${snap.name}] Channelmaps were successfully updated.`
      : `[snap ${snap.name}] Channelmaps did not change.`,
    ...snap.channels
      .filter(({ outcome }) => outcome === 'moved')
      .map((channel) => `[snap ${snap.name}] Moved ${moveText(channel)}`),
  ]);
  if (!changed) lines.push('Nothing changed: the store already holds all of it.');
  else if (
    assertionsAdded > 0 &&
    snaps.every(({ revisions, components }) =>
      [...revisions, ...components].every(({ outcome }) => outcome === 'present'),
    )
  )
    lines.push(`Added ${assertionsAdded} newer ${assertionsAdded === 1 ? 'assertion' : 'assertions'}.`);
  return lines;
}

/** The lines of a dry run: exactly what a push would change. @param people - sizes in people's units */
export function dryRunLines(
  { snaps, changed, assertionsAdded, bytesAdded }: ImportReport,
  people = false,
): string[] {
  if (!changed) return ['Nothing would change: the store already holds all of it.'];
  const lines = snaps.flatMap((snap) => [
    ...(snap.store === undefined ? [] : [`[snap ${snap.name}] Would put it into store ${snap.store}`]),
    ...fileLines(snap, 'Would upload'),
    ...(snap.media ? [`[snap ${snap.name}] Would show it with media: ${shownMedia(snap.media)}`] : []),
    ...snap.channels.flatMap((channel) => {
      if (channel.outcome !== 'moved') return channelLine(snap.name, channel);
      return [`[snap ${snap.name}] Would move ${moveText(channel)}`];
    }),
  ]);
  return [
    ...lines,
    `Would add ${assertionsAdded} assertions and ${people ? sizeText(bytesAdded) : `${bytesAdded} bytes`} of files, and remove nothing.`,
  ];
}

/** Snaps that one line names. */
const NAMED_SNAPS = 10;

/** `a, b and 3 more`. */
export function someOf(names: readonly string[]): string {
  const more = names.length - NAMED_SNAPS;
  if (more > 0) return `${names.slice(0, NAMED_SNAPS).join(', ')} and ${more} more`;
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

const DAY_MS = 86_400_000;

function shownAge(createdAt: Date, now: Date): string {
  const days = Math.floor((now.getTime() - createdAt.getTime()) / DAY_MS);
  if (days < 0) return 'in the future';
  return days === 0 ? 'today' : days === 1 ? '1 day ago' : `${days} days ago`;
}

/**
 * How old a bundle is, and a warning where a newer one with the same snaps was pushed before: somebody may have brought
 * an old one again.
 */
export function bundleLines(file: string, { bundle }: ImportReport, now: Date): string[] {
  if (!bundle) return [];
  const { createdAt, source, signedBy, newerSeen } = bundle;
  const signature = signedBy === undefined ? 'not signed' : `signed by key ${signedBy}`;
  const age = shownAge(createdAt, now);
  const line = `${file}: made ${age}, ${createdAt.toISOString()}, from ${source}, ${signature}`;
  if (newerSeen)
    return [
      line,
      `warning: ${file} is older than a bundle from ${source} that was pushed before: for ${someOf(newerSeen.snaps)} there was one made ${newerSeen.createdAt.toISOString()}`,
    ];
  return age === 'in the future'
    ? [line, `warning: ${file} was made in the future: check the clocks of both machines`]
    : [line];
}
