import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { DeviceSession } from '../brand-stores/device-session.js';
import { ChannelsService } from '../catalogue/channels.service.js';
import { StoreError } from '../common/errors.js';
import { NotificationsService } from '../database/notifications.service.js';
import { TransactionsService } from '../database/transactions.service.js';
import { Watches, type Watcher } from '../database/watcher.js';
import { AuditService } from '../management/audit/audit.service.js';
import type { Expectation } from '../management/operators.service.js';
import {
  MAX_GROUP_MEMBERS,
  MAX_GROUPS,
  memberKey,
  membershipsOf,
  type DeviceGroup,
  type GroupMember,
  type GroupSize,
} from './device-group.js';
import { GroupsRepository } from './groups.repository.js';

const CHANNEL = 'groups';

/** The most members that a row of the audit trail names. */
const MAX_NAMED_MEMBERS = 1_000;

/** Members to add to a group and to remove from it. */
export interface GroupEdit {
  readonly add?: readonly GroupMember[];
  readonly remove?: readonly GroupMember[];
}

type Memberships = ReadonlyMap<string, readonly string[]>;

/** Named groups of devices, for which the operator can set overrides. */
@Injectable()
@Watches()
export class GroupsService implements OnApplicationShutdown, Watcher {
  private memberships: Promise<Memberships> | undefined;
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly repository: GroupsRepository,
    private readonly channels: ChannelsService,
    private readonly transactions: TransactionsService,
    private readonly notifications: NotificationsService,
    private readonly audit: AuditService,
  ) {}

  /** Keeps the groups in memory until a unit changes one. For a server. */
  async watch(): Promise<void> {
    const forget = () => (this.memberships = undefined);
    this.unsubscribe = await this.notifications.subscribe(CHANNEL, forget, forget);
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  /** The names of the groups that a device is in. */
  async groupsOf(device: DeviceSession): Promise<ReadonlySet<string>> {
    const keys = membershipsOf(device);
    if (keys.length === 0) return new Set();
    const memberships = await this.readMemberships();
    return new Set(keys.flatMap((key) => memberships.get(key) ?? []));
  }

  /** Every group, sorted by name. */
  async list(): Promise<DeviceGroup[]> {
    return await this.repository.findAll();
  }

  /** Every group with the number of its members, sorted by name. */
  async sizes(): Promise<GroupSize[]> {
    return await this.repository.findSizes();
  }

  /** @throws StoreError `not-found` */
  async get(name: string): Promise<DeviceGroup> {
    return await this.transactions.run((tx) => this.read(tx, `show group ${name}`, name));
  }

  /** @throws StoreError `conflict` if a group has this name, or there are {@link MAX_GROUPS} */
  async create(name: string): Promise<void> {
    const refuse = (why: string) => new StoreError('conflict', `cannot create group ${name}: ${why}`);
    await this.change(async (tx) => {
      if (!(await this.repository.create(tx, name))) throw refuse('a group has this name already');
      if ((await this.repository.count(tx)) > MAX_GROUPS)
        throw refuse(`a store can have ${MAX_GROUPS} groups at most; delete one first`);
      this.audit.record(tx, { action: 'group.create', subject: name, after: { 'member-count': 0 } });
    });
  }

  /**
   * @param expect - sees the group before the change, and may refuse it
   * @throws StoreError `not-found` if the group does not exist, `conflict` if snaps have overrides for it
   */
  async delete(name: string, expect: Expectation<DeviceGroup> = () => undefined): Promise<void> {
    await this.change(async (tx) => {
      const before = await this.read(tx, `delete group ${name}`, name);
      expect(before);
      const snaps = await this.channels.snapsHeldFor(tx, name, new Date());
      if (snaps.length > 0)
        throw new StoreError(
          'conflict',
          `cannot delete group ${name}: ${snaps.slice(0, 10).join(', ')} ${snaps.length === 1 ? 'has an override' : 'have overrides'} for it; see \`snap-store-proxy list-overrides SNAP\``,
        );
      await this.repository.delete(tx, name);
      const { members } = before;
      this.audit.record(tx, {
        action: 'group.delete',
        subject: name,
        before: { 'member-count': members.length, members: named(members) },
      });
    });
  }

  /**
   * Adds members: all of them, or none.
   *
   * @returns how many are new
   * @throws StoreError as {@link edit}
   */
  async add(name: string, members: readonly GroupMember[]): Promise<number> {
    return (await this.edit(name, { add: members })).added.length;
  }

  /** Removes members: all of them, or none. @throws StoreError as {@link edit} */
  async remove(name: string, members: readonly GroupMember[]): Promise<void> {
    await this.edit(name, { remove: members });
  }

  /**
   * Adds and removes members: all of them, or none.
   *
   * @param expect - sees the group before the change, and may refuse it
   * @throws StoreError `not-found` if the group does not exist or a member to remove is not in it, `too-large`
   *   beyond {@link MAX_GROUP_MEMBERS}
   */
  async edit(
    name: string,
    { add = [], remove = [] }: GroupEdit,
    expect: Expectation<DeviceGroup> = () => undefined,
  ): Promise<{ readonly group: DeviceGroup; readonly added: readonly GroupMember[] }> {
    return await this.change(async (tx) => {
      const before = await this.read(
        tx,
        add.length > 0 ? `add to group ${name}` : `remove from group ${name}`,
        name,
      );
      expect(before);
      const removed = await this.repository.remove(tx, name, remove);
      const gone = new Set(removed.map(memberKey));
      const missing = remove.find((member) => !gone.has(memberKey(member)));
      if (missing)
        throw new StoreError(
          'not-found',
          `cannot remove from group ${name}: ${memberKey(missing)} is not in it`,
        );
      const added = await this.repository.add(tx, name, add);
      const group = await this.read(tx, `change group ${name}`, name);
      if (group.members.length > MAX_GROUP_MEMBERS)
        throw new StoreError(
          'too-large',
          `cannot add to group ${name}: a group can have ${MAX_GROUP_MEMBERS} members at most; add models instead of serials`,
        );
      if (added.length + removed.length > 0)
        this.audit.record(tx, {
          action: 'group.change',
          subject: name,
          before: { 'member-count': before.members.length, removed: named(removed) },
          after: { 'member-count': group.members.length, added: named(added) },
        });
      return { group, added };
    });
  }

  /**
   * Makes sure that a group exists, and keeps it until the transaction ends.
   *
   * @param what - the request, for the error message
   * @throws StoreError `not-found`
   */
  async hold(tx: EntityManager, what: string, name: string): Promise<void> {
    await this.repository.lock(tx);
    if (!(await this.repository.has(tx, name))) throw missingGroup(what, name);
  }

  private async read(tx: EntityManager, what: string, name: string): Promise<DeviceGroup> {
    const group = await this.repository.find(tx, name);
    if (group) return group;
    throw missingGroup(what, name);
  }

  private async change<T>(work: (tx: EntityManager) => Promise<T>): Promise<T> {
    return await this.transactions.run(async (tx) => {
      await this.repository.lock(tx);
      const result = await work(tx);
      await this.notifications.publish(tx, CHANNEL, '');
      return result;
    });
  }

  private async readMemberships(): Promise<Memberships> {
    if (!this.unsubscribe || !this.notifications.isLive(CHANNEL)) return await this.load();
    const reading = (this.memberships ??= this.load());
    reading.catch(() => {
      if (this.memberships === reading) this.memberships = undefined;
    });
    return await reading;
  }

  private async load(): Promise<Memberships> {
    const memberships = new Map<string, string[]>();
    for (const { name, members } of await this.repository.findAll())
      for (const member of members)
        memberships.set(memberKey(member), [...(memberships.get(memberKey(member)) ?? []), name]);
    return memberships;
  }
}

function missingGroup(what: string, name: string): StoreError {
  return new StoreError(
    'not-found',
    `cannot ${what}: group ${name} does not exist; run \`snap-store-proxy create-group ${name}\` first`,
  );
}

function named(members: readonly GroupMember[]): string[] {
  return members.slice(0, MAX_NAMED_MEMBERS).map(memberKey);
}
