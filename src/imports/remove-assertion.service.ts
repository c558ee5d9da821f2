import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { readAssertionKey } from '../assertions/assertion-path.js';
import { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion, AssertionRef } from '../assertions/format/assertion.js';
import { quote } from '../assertions/format/quote.js';
import { referenceKey, referenceOf } from '../assertions/trust/reference.js';
import { BrandStoresService } from '../brand-stores/brand-stores.service.js';
import { SignedChangesService } from '../catalogue/signed-changes.service.js';
import { StoreError } from '../common/errors.js';
import { areStorable } from '../common/storable-text.js';
import { TransactionsService } from '../database/transactions.service.js';
import { DeviceUsesService } from '../devices/device-uses.service.js';
import { AuditService } from '../management/audit/audit.service.js';
import type { Expectation } from '../management/operators.service.js';
import { StoreIdentityService } from '../registration/store-identity.service.js';
import { SettingsService } from '../settings/settings.service.js';

/** Most dependents that an error names. */
export const NAMED_DEPENDENTS = 8;

/** An assertion that was removed; in a dry run, that would be removed. */
export interface RemovedAssertion extends AssertionRef {
  /** Its revisions in the store, the newest first. */
  readonly assertionRevisions: readonly number[];
}

/** Removes an assertion that was added by mistake. */
@Injectable()
export class RemoveAssertionService {
  constructor(
    private readonly assertions: AssertionsService,
    private readonly changes: SignedChangesService,
    private readonly stores: BrandStoresService,
    private readonly devices: DeviceUsesService,
    private readonly identity: StoreIdentityService,
    private readonly settings: SettingsService,
    private readonly transactions: TransactionsService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Removes every revision of an assertion that nothing depends on.
   *
   * @param words - type and primary key as other commands print them, separated by slashes or spaces
   * @param dryRun - check everything, but change nothing
   * @param expect - sees the newest revision before the change, and may refuse it
   * @throws StoreError `not-found` if the store does not have it, `conflict` naming its dependents, `forbidden` for a
   *   trusted root
   */
  async remove(
    words: readonly string[],
    dryRun: boolean,
    expect: Expectation<Assertion> = () => undefined,
  ): Promise<RemovedAssertion> {
    const [typeName = '', ...key] = words.join('/').split('/');
    const read = readAssertionKey(typeName, key);
    const ref = { type: read.type.name, primaryKey: read.key };
    if (read.isSequenceKey)
      throw refused(ref, 'invalid-request', `its primary key is ${read.type.primaryKey.join('/')}`);
    const roots = await this.assertions.trustedRoots();
    if (roots.find(ref.type, ref.primaryKey)) throw refused(ref, 'forbidden', 'it is a trusted root');
    return await this.transactions.run(async (tx) => {
      const held = areStorable(ref.primaryKey) ? await this.assertions.lockForRemoval(tx, ref) : [];
      const [newest] = held;
      if (!newest) throw refused(ref, 'not-found', 'the store does not hold it');
      expect(newest);
      await this.refuseWhereUsed(tx, ref);
      const assertionRevisions = held.map(({ assertionRevision }) => assertionRevision);
      if (!dryRun) {
        await this.assertions.remove(tx, ref);
        await this.changes.undo(tx, held);
        this.audit.record(tx, {
          action: 'assertion.remove',
          subject: referenceKey(ref),
          before: { revisions: assertionRevisions, headers: newest.headers },
        });
      }
      return { ...ref, assertionRevisions };
    });
  }

  private async refuseWhereUsed(tx: EntityManager, ref: AssertionRef): Promise<void> {
    const names = [
      ...(await this.changes.findUses(tx, ref)),
      ...(await this.stores.findUses(tx, ref)),
      ...(await this.devices.find(tx, ref)),
      ...(await this.ownStore(ref)),
      ...(await this.assertions.findDependents(tx, ref)).map(referenceOf),
    ];
    if (names.length === 0) return;
    const more = names.length - NAMED_DEPENDENTS;
    const shown = names.slice(0, NAMED_DEPENDENTS).join(', ');
    throw refused(ref, 'conflict', `these depend on it: ${shown}${more > 0 ? ` and ${more} more` : ''}`);
  }

  private async ownStore({ type, primaryKey: [id] }: AssertionRef): Promise<string[]> {
    if (type !== 'store') return [];
    const own = await this.settings.find(this.identity.storeIdSetting);
    return own === id ? ['the identity of this store (internal.store.id)'] : [];
  }
}

function refused(
  ref: AssertionRef,
  code: 'invalid-request' | 'not-found' | 'conflict' | 'forbidden',
  why: string,
): StoreError {
  return new StoreError(code, `cannot remove ${quote(referenceKey(ref))}: ${why}`);
}
