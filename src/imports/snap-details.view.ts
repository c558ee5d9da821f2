import type { ReleaseRecord } from '../catalogue/release-record.js';
import { inDisplayOrder } from '../channels/channel-map.js';
import { formatChannel, shortChannelName } from '../channels/channel.js';
import type { SnapDetails } from './inventory.service.js';
import { pushedSnapJson, shownDay, type ShowSize } from './pushed-snap.view.js';

/** A table with its header row. */
export interface Section {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function totalBytes({ revisions, components }: SnapDetails): number {
  return [...revisions, ...components].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

function defaultTrackText({ defaultTrack, snap }: SnapDetails): string {
  const origin = snap.chosenDefaultTrack === null ? '' : ' (chosen with set-default-track)';
  return `${defaultTrack ?? 'none'}${origin}`;
}

/** The lines about the whole snap: names and values. */
export function detailLines(details: SnapDetails, size: ShowSize): string[] {
  const { name, snapId, snap, publisher, stores, isPrivate } = details;
  const rows: [string, string][] = [
    ['name', name],
    ['summary', snap.summary],
    ['publisher', `${publisher.displayName} (${publisher.username}, ${publisher.validation})`],
    ['snap-id', snapId],
    ['type', snap.type],
    ['license', snap.license ?? 'unset'],
    ['store', `${stores.join(', ')}${isPrivate ? ' (private)' : ''}`],
    ['default-track', defaultTrackText(details)],
    ['revisions', `${details.revisions.length} (${size(totalBytes(details))} with components)`],
  ];
  const width = Math.max(...rows.map(([key]) => key.length)) + 1;
  return rows.map(([key, value]) => `${`${key}:`.padEnd(width)} ${value}`);
}

function notesOf({ percentage, expiresAt }: ReleaseRecord): string {
  const notes = [
    ...(percentage === undefined ? [] : [`to ${percentage}% of the devices`]),
    ...(expiresAt ? [`until ${expiresAt.toISOString()}`] : []),
  ];
  return notes.join(', ') || '-';
}

/** The tables of channels, overrides, revisions and components; empty ones are left out. */
export function detailSections(details: SnapDetails, size: ShowSize): Section[] {
  const versionOf = new Map(details.revisions.map(({ revision, version }) => [revision, version]));
  const version = (revision: number | null) => versionOf.get(revision ?? 0) ?? '-';
  const sections: Section[] = [
    {
      head: ['Channel', 'Architecture', 'Version', 'Revision', 'Released', 'Notes'],
      rows: inDisplayOrder(details.releases, details.defaultTrack).map((one) => [
        shortChannelName(one.channel),
        one.architecture,
        version(one.revision),
        String(one.revision),
        shownDay(one.releasedAt),
        notesOf(one),
      ]),
    },
    {
      head: ['Override', 'Architecture', 'Version', 'Revision', 'Devices', 'Until'],
      rows: details.overrides.map(({ channel, architecture, revision, group, until }) => [
        shortChannelName(channel),
        architecture,
        version(revision),
        String(revision),
        group === undefined ? 'all' : `group ${group}`,
        until?.toISOString() ?? '-',
      ]),
    },
    {
      head: ['Revision', 'Version', 'Architectures', 'Base', 'Confinement', 'Size', 'Pushed'],
      rows: details.revisions
        .toReversed()
        .map((one) => [
          String(one.revision),
          one.version,
          one.architectures.join(','),
          one.base ?? '-',
          one.confinement,
          size(one.sizeBytes),
          shownDay(one.pushedAt),
        ]),
    },
    {
      head: ['Component', 'Revision', 'Type', 'Size'],
      rows: details.components.map((one) => [one.name, String(one.revision), one.type, size(one.sizeBytes)]),
    },
  ];
  return sections.filter(({ rows }) => rows.length > 0);
}

/** The same details as JSON. */
export function detailsJson(details: SnapDetails): object {
  const { snap, publisher, releases, overrides } = details;
  return {
    ...pushedSnapJson(details),
    title: snap.title,
    summary: snap.summary,
    type: snap.type,
    license: snap.license,
    publisher: { id: publisher.id, username: publisher.username, validation: publisher.validation },
    'total-size': totalBytes(details),
    channels: releases.map(
      ({ channel, architecture, revision, releasedAt, percentage, expiresAt, origin }) => ({
        channel: formatChannel(channel),
        architecture,
        revision,
        'released-at': releasedAt.toISOString(),
        origin,
        ...(percentage !== undefined && { percentage }),
        ...(expiresAt && { 'expires-at': expiresAt.toISOString() }),
      }),
    ),
    overrides: overrides.map(({ channel, architecture, revision, group, until }) => ({
      channel: formatChannel(channel),
      architecture,
      revision,
      ...(group !== undefined && { group }),
      ...(until && { 'expires-at': until.toISOString() }),
    })),
  };
}
