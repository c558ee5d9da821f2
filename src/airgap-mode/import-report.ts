/** What happened, or would happen, to one channel. */
export interface ChannelOutcome {
  /** In full: `latest/stable`. */
  readonly channel: string;
  readonly architecture: string;
  /** What it pointed at; null where it pointed at nothing. */
  readonly from: number | null;
  readonly to: number;
  /** `kept`: the store's revision is newer, so the channel was not moved back. */
  readonly outcome: 'moved' | 'kept' | 'unchanged';
}

/** What a push did for one snap. */
export interface SnapOutcome {
  readonly name: string;
  readonly snapId: string;
  readonly revisions: readonly { readonly revision: number; readonly outcome: 'added' | 'present' }[];
  readonly channels: readonly ChannelOutcome[];
}

/** What a push of one file did. */
export interface ImportReport {
  readonly file: string;
  readonly snaps: readonly SnapOutcome[];
  /** Assertions that are new to the store. */
  readonly assertionsAdded: number;
  /** `false` where the store held everything already. */
  readonly changed: boolean;
}

function channelLine(name: string, { channel, architecture, from, to }: ChannelOutcome): string {
  return `[snap ${name}] ${channel} (${architecture}) stays at revision ${from}: revision ${to} is older (use --push-channel-map to move it back).`;
}

/** The lines that a push prints, in the words of the original. */
export function reportLines({ snaps, changed, assertionsAdded }: ImportReport): string[] {
  const lines = snaps.flatMap(({ name, revisions, channels }) => [
    ...revisions.map(({ revision, outcome }) =>
      outcome === 'added'
        ? `[snap ${name}] Uploaded snap blob and assertions for ${name} revision ${revision}`
        : `[snap ${name}] Snap blob and assertions for ${name} revision ${revision} are already in the store`,
    ),
    ...channels.filter(({ outcome }) => outcome === 'kept').map((channel) => channelLine(name, channel)),
    channels.some(({ outcome }) => outcome === 'moved')
      ? `[snap ${name}] Channelmaps were successfully updated.`
      : `[snap ${name}] Channelmaps did not change.`,
  ]);
  if (!changed) lines.push('Nothing changed: the store already holds all of it.');
  else if (
    assertionsAdded > 0 &&
    snaps.every(({ revisions }) => revisions.every(({ outcome }) => outcome === 'present'))
  )
    lines.push(`Added ${assertionsAdded} newer assertions.`);
  return lines;
}
