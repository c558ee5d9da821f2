import type { StoreOutcome } from '../brand-stores/brand-stores.service.js';
import { sizeText } from '../common/terminal/size-text.js';
import { EMPTY } from '../releases/release-lines.js';
import type { PushedPicture } from './collected-pictures.js';

/** The outcome, or in a dry run the expected outcome, for one channel. */
export interface ChannelOutcome {
  /** In full: `latest/stable`. */
  readonly channel: string;
  readonly architecture: string;
  /** The revision before; null if the channel was closed or empty. */
  readonly from: number | null;
  readonly to: number;
  /**
   * `kept`: the store's revision is newer, so the channel was not moved back, or not opened for a revision older than
   * the one that its devices get now; `decided`: the operator moved the channel, and the file has nothing newer since.
   */
  readonly outcome: 'moved' | 'kept' | 'decided' | 'unchanged';
  /** The versions of the two revisions, if the channel moved. */
  readonly versions?: { readonly from: string | null; readonly to: string };
}

/** The outcome, or in a dry run the expected outcome, for one revision. */
export interface RevisionOutcome {
  readonly revision: number;
  readonly outcome: 'added' | 'present';
}

/** The outcome, or in a dry run the expected outcome, for one revision of a component. */
export interface ComponentOutcome extends RevisionOutcome {
  readonly name: string;
}

/** The bundle that a push read, if this program made it. */
export interface BundleFacts {
  readonly createdAt: Date;
  readonly source: string;
  /** Id of the key that signed it. */
  readonly signedBy: string | undefined;
  /** Its snaps that a newer bundle of this source contained before, and the creation time of the newest such bundle. */
  readonly newerSeen: { readonly createdAt: Date; readonly snaps: readonly string[] } | undefined;
}

/** The outcome, or in a dry run the expected outcome, for one snap. */
export interface SnapOutcome {
  readonly name: string;
  readonly snapId: string;
  readonly revisions: readonly RevisionOutcome[];
  readonly components: readonly ComponentOutcome[];
  readonly channels: readonly ChannelOutcome[];
  /** The brand store that this push assigned it to, if that changed. */
  readonly store?: string;
  /** The pictures of its listing after this push, if they changed. */
  readonly media?: readonly PushedPicture[];
  /** The snaps that devices install together with the pushed revisions. */
  readonly needs: readonly SnapNeed[];
}

/** A snap that others need. */
export interface SnapNeed {
  readonly name: string;
  /** The architectures of the devices that need it; `all` for a snap for all architectures. */
  readonly architectures: readonly string[];
}

/** The changes of a push of one file; in a dry run, those it would make. Nothing is ever removed. */
export interface ImportReport {
  readonly file: string;
  readonly isDryRun: boolean;
  readonly bundle: BundleFacts | undefined;
  /** The brand stores of a store's export. */
  readonly stores: readonly StoreOutcome[];
  readonly snaps: readonly SnapOutcome[];
  /** Number of assertions that are new to the store. */
  readonly assertionsAdded: number;
  /** Bytes of the files that are new to the store. */
  readonly bytesAdded: number;
  /** `false` if the store already had everything. */
  readonly changed: boolean;
}

/** A line that says why a channel stays; empty if the channel moved or was unchanged. */
function channelLine(name: string, { channel, architecture, from, to, outcome }: ChannelOutcome): string[] {
  if (outcome === 'decided')
    return [
      `[snap ${name}] ${channel} (${architecture}) stays ${from === null ? 'closed' : `at revision ${from}`}, as the operator decided after revision ${to} (use --push-channel-map to move it).`,
    ];
  if (outcome !== 'kept') return [];
  if (from === null)
    return [
      `[snap ${name}] ${channel} (${architecture}) stays ${EMPTY}: revision ${to} is older than the revision that its devices get (use --push-channel-map to open it).`,
    ];
  return [
    `[snap ${name}] ${channel} (${architecture}) stays at revision ${from}: revision ${to} is older (use --push-channel-map to move it back).`,
  ];
}

/** `latest/stable (amd64): 2 -> 3, version 1.6 -> 1.7`. */
function moveText({ channel, architecture, from, to, versions }: ChannelOutcome): string {
  const version = versions
    ? `, version ${versions.from === null ? '' : `${versions.from} -> `}${versions.to}`
    : '';
  return `${channel} (${architecture}): ${from ?? EMPTY} -> ${to}${version}`;
}

/** One line for each revision of a snap and its components. */
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

/** `1 icon, 3 screenshots`: pictures counted by their types in the upstream store. */
function shownMedia(media: readonly PushedPicture[]): string {
  const types = [...new Set(media.map(({ type }) => type))];
  const counted = types.map((type) => {
    const count = media.filter((one) => one.type === type).length;
    return `${count} ${type}${count === 1 ? '' : 's'}`;
  });
  return counted.join(', ') || 'none';
}

/** The lines that a push prints; they are the same as those of the original. */
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

/** The lines of a dry run: exactly what a push would change. @param people - show sizes in readable units */
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

/** Most snaps that one line names. */
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
 * The age of a bundle, and a warning if a newer bundle with the same snaps was pushed before: this one may have been
 * pushed by mistake, or by an attacker.
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
      `warning: ${file} is older than a bundle from ${source} that was pushed before: the one with ${someOf(newerSeen.snaps)} was made ${newerSeen.createdAt.toISOString()}`,
    ];
  return age === 'in the future'
    ? [line, `warning: ${file} was made in the future: check the clocks of both machines`]
    : [line];
}
