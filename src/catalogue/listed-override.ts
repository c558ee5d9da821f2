import type { ChannelOverride } from '../channels/channel-override.js';

/** An override with its snap. */
export interface SnapOverride extends ChannelOverride {
  readonly snapId: string;
}

/** An override with the name of its snap, and what its channel has itself. */
export interface ListedOverride extends SnapOverride {
  readonly name: string;
  /** The revision of the channel; `null` if it is closed or nothing was ever released to it. */
  readonly upstreamRevision: number | null;
}

/** A part of the overrides of all snaps. */
export interface OverridesWindow {
  readonly limit: number;
  /** The {@link overrideKey} of the last one before. */
  readonly after?: readonly string[] | undefined;
  readonly group?: string | undefined;
}

/** Sorts overrides: snap, track, risk, branch, architecture, group. */
export function overrideKey({ name, channel, architecture, group }: ListedOverride): string[] {
  return [name, channel.track, channel.risk, channel.branch ?? '', architecture, group ?? ''];
}
