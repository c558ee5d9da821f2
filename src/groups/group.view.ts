import type { DeviceGroup, GroupMember } from './device-group.js';

/** A group as JSON. */
export function groupView({ name, members }: DeviceGroup): {
  readonly name: string;
  readonly 'member-count': number;
  readonly members: readonly GroupMember[];
} {
  return {
    name,
    'member-count': members.length,
    members: members.map(({ kind, value }) => ({ kind, value })),
  };
}
