import type { DeviceSession } from '../brand-stores/device-session.js';
import { StoreError } from '../common/errors.js';

/** The most groups, and the most members of a group. Servers keep them all in memory. */
export const MAX_GROUPS = 100;
export const MAX_GROUP_MEMBERS = 10_000;

/** Longest name of a group, in characters. */
export const MAX_GROUP_NAME_LENGTH = 40;

/** Longest part of a member's name, in characters. */
export const MAX_MEMBER_PART_LENGTH = 256;

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
const PART = /^[\x21-\x2e\x30-\x7e]+$/;

export const MEMBER_KINDS = ['serial', 'model', 'store'] as const;

export type MemberKind = (typeof MEMBER_KINDS)[number];

/** One device, all devices of a model, or all devices whose model names a store. */
export interface GroupMember {
  readonly kind: MemberKind;
  /** `BRAND/MODEL/SERIAL`, `BRAND/MODEL` or a store id. */
  readonly value: string;
}

export interface DeviceGroup {
  readonly name: string;
  readonly members: readonly GroupMember[];
}

/** A group, with the number of its members. */
export interface GroupSize {
  readonly name: string;
  readonly members: number;
}

/** The form of a member, as parts between slashes. */
const FORMS: Readonly<Record<MemberKind, { readonly parts: number; readonly form: string }>> = {
  serial: { parts: 3, form: 'BRAND/MODEL/SERIAL' },
  model: { parts: 2, form: 'BRAND/MODEL' },
  store: { parts: 1, form: 'a store id' },
};

/** @throws StoreError `invalid-request` on an invalid name of a group */
export function parseGroupName(word: string): string {
  if (word.length <= MAX_GROUP_NAME_LENGTH && NAME.test(word)) return word;
  throw new StoreError(
    'invalid-request',
    `cannot use group ${JSON.stringify(word.slice(0, 80))}: give up to ${MAX_GROUP_NAME_LENGTH} lower-case letters, digits and single dashes`,
  );
}

/** @throws StoreError `invalid-request` on a value in another form */
export function parseMember(kind: MemberKind, word: string): GroupMember {
  const { parts, form } = FORMS[kind];
  const given = word.split('/');
  const isGood = (part: string) => PART.test(part) && part.length <= MAX_MEMBER_PART_LENGTH;
  if (given.length === parts && given.every(isGood)) return { kind, value: word };
  throw new StoreError(
    'invalid-request',
    `cannot use ${kind} ${JSON.stringify(word.slice(0, 80))}: give ${form}, as \`snap-store-proxy list-devices\` shows it`,
  );
}

/** A member as one string. */
export function memberKey({ kind, value }: GroupMember): string {
  return `${kind} ${value}`;
}

/**
 * The members that match a device. A device with an unverified serial is in no group, because the serial may be
 * forged.
 */
export function membershipsOf(device: DeviceSession): string[] {
  const { brandId, model, serial, storeId, trust } = device;
  if (trust === 'unknown') return [];
  return [
    memberKey({ kind: 'serial', value: `${brandId}/${model}/${serial}` }),
    memberKey({ kind: 'model', value: `${brandId}/${model}` }),
    ...(storeId === undefined ? [] : [memberKey({ kind: 'store', value: storeId })]),
  ];
}
