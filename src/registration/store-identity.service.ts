import { Injectable } from '@nestjs/common';
import { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion, AssertionRef } from '../assertions/format/assertion.js';
import { encodeStream } from '../assertions/format/stream.js';
import { walkPrerequisites } from '../assertions/trust/prerequisite-walk.js';
import { StoreError } from '../common/errors.js';
import { STORE_ID, STORE_URL } from '../settings/identity.settings.js';
import type { Setting } from '../settings/setting.js';
import { SettingsService } from '../settings/settings.service.js';

/** The store's identity, and the assertions that a device needs to verify it. */
export interface StoreIdentity {
  readonly storeId: string;
  /** The stream for `snap ack`: the store assertion, after all that it needs. */
  readonly stream: Buffer;
}

/** The identity of this store: the store assertion with its id and its URL. */
@Injectable()
export class StoreIdentityService {
  readonly storeIdSetting: Setting<string> = {
    ...STORE_ID,
    beforeSet: async (text) => ({ [STORE_URL.key]: await this.urlOf(text) }),
  };

  constructor(
    private readonly settings: SettingsService,
    private readonly assertions: AssertionsService,
  ) {
    settings.define(this.storeIdSetting);
    settings.define(STORE_URL);
  }

  /** @throws StoreError `not-configured` if the store has no identity yet */
  async get(): Promise<StoreIdentity> {
    const storeId = await this.settings.find(this.storeIdSetting);
    if (storeId === undefined) {
      throw new StoreError(
        'not-configured',
        'this store is not registered: use `snap-store-proxy register`; import an existing registration with `register --from FILE`, or only a store assertion with `snap-store-proxy ack FILE` and internal.store.id',
      );
    }
    const store = await this.storeAssertion(storeId);
    const roots = await this.assertions.trustedRoots();
    const chain: Assertion[] = [];
    const find = async ({ type, primaryKey }: AssertionRef, needing?: Assertion) => {
      if (!needing) return store;
      return roots.isTrusted(type, primaryKey)
        ? undefined
        : await this.prerequisite(type, primaryKey, needing);
    };
    const start = { type: 'store', primaryKey: store.primaryKey };
    for await (const one of walkPrerequisites(start, find)) chain.push(one);
    return { storeId, stream: encodeStream(chain) };
  }

  private async urlOf(storeId: string): Promise<string> {
    const { url } = (await this.storeAssertion(storeId)).headers;
    if (typeof url === 'string') return url;
    throw new StoreError(
      'invalid-setting',
      `cannot set internal.store.id to ${storeId}: its store assertion has no url, so devices cannot use the store`,
    );
  }

  private async storeAssertion(storeId: string): Promise<Assertion> {
    const store = await this.assertions.find('store', [storeId]);
    if (store) return store;
    throw new StoreError(
      'not-found',
      `cannot find a store assertion for store id ${storeId}: add it with \`snap-store-proxy ack FILE\``,
    );
  }

  private async prerequisite(type: string, primaryKey: readonly string[], of: Assertion): Promise<Assertion> {
    const found = await this.assertions.find(type, primaryKey);
    if (found) return found;
    throw new StoreError(
      'not-found',
      `cannot find ${type} ${primaryKey.join('/')}, which ${of.type.name} ${of.primaryKey.join('/')} needs`,
    );
  }
}
