import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { AssertionsService } from '../../assertions/assertions.service.js';
import { CATALOGUE_CHANNEL } from '../../catalogue/catalogue.service.js';
import { CategoriesService } from '../../catalogue/categories.service.js';
import { ChannelsService } from '../../catalogue/channels.service.js';
import { PreparedAnswers } from '../../catalogue/prepared-answers.js';
import { SERIES } from '../../common/domain/words.js';
import { NotificationsService } from '../../database/notifications.service.js';
import { Watches, type Watcher } from '../../database/watcher.js';
import { CONFINEMENTS } from '../../snap-files/snap-yaml.js';
import { DeviceCatalogueService, type RequestingDevice } from '../device-catalogue.service.js';
import { namesPart, type ListedName } from './names.view.js';
import { SearchRepository, type CatalogueName, type NamesRequest } from './search.repository.js';
import { SearchService } from './search.service.js';
import { aliasesOf } from './snap-aliases.js';

/** Most names of the catalogue that are read at once. */
export const NAMES_AT_ONCE = 1_000;

/** Memory for catalogues of names, in bytes: one of ten thousand snaps takes two megabytes. */
const NAMES_BYTES = 64 << 20;

/** The device that requests the names. */
export type NamesWish = Omit<NamesRequest, 'now' | 'stores'> & { readonly device: RequestingDevice };

/** All snaps that a device can see, sorted by name, for completion. Computed once for each change of the catalogue. */
@Injectable()
@Watches()
export class NamesService implements OnApplicationShutdown, Watcher {
  private readonly prepared: PreparedAnswers<readonly Buffer[]>;
  private unsubscribe: (() => void) | undefined;

  constructor(
    private readonly repository: SearchRepository,
    private readonly channels: ChannelsService,
    private readonly search: SearchService,
    private readonly assertions: AssertionsService,
    private readonly devices: DeviceCatalogueService,
    private readonly categoryNames: CategoriesService,
    notifications: NotificationsService,
  ) {
    this.prepared = new PreparedAnswers(notifications, CATALOGUE_CHANNEL, NAMES_BYTES);
  }

  /** Keeps catalogues in memory until any unit changes a snap: for a server. */
  async watch(): Promise<void> {
    this.unsubscribe = await this.prepared.watch();
  }

  onApplicationShutdown(): void {
    this.unsubscribe?.();
  }

  /**
   * The names as parts of an answer, see `names.view.ts`.
   *
   * @throws StoreError `too-many-requests` or `overloaded` if too many wait for it
   */
  async listed({ architecture, confinements, device }: NamesWish): Promise<readonly Buffer[]> {
    const { address } = device;
    const served = await this.search.servedAs(architecture, address);
    // Different keys must have different answers. Otherwise anybody could cause endless new computations.
    const asked = confinements && CONFINEMENTS.filter((name) => confinements.includes(name));
    if (served === undefined || asked?.length === 0) return [];
    const stores = (await this.devices.storesOf(device.session)).toSorted();
    const wish = { architecture: served, stores, confinements: asked, now: Date.now() };
    const key = JSON.stringify([wish.architecture, wish.stores, wish.confinements]);
    return await this.prepared.get(key, address, async () => {
      const parts: Buffer[] = [];
      for await (const names of this.parts(wish)) parts.push(namesPart(names, parts.length === 0));
      const validUntil = await this.channels.nextEnd(wish.now);
      const sizeBytes = parts.reduce((sum, part) => sum + part.length, 0);
      return { value: parts, sizeBytes, validUntil };
    });
  }

  /** The names of the categories with snaps that the device gets. */
  async categories({ session, address }: RequestingDevice): Promise<readonly string[]> {
    return await this.categoryNames.namesFor(await this.devices.storesOf(session), address);
  }

  /** Computes the answers for devices without a session: snapd's confinements on Ubuntu Core, and elsewhere. */
  async prepare(): Promise<void> {
    for (const architecture of await this.channels.architectures())
      for (const confinements of [['strict'], ['strict', 'classic']])
        await this.listed({ architecture, confinements, device: { session: undefined, address: '' } });
  }

  /** Reads parts of up to {@link NAMES_AT_ONCE}, so that other requests are answered in between. */
  private async *parts(request: NamesRequest): AsyncGenerator<ListedName[]> {
    let after: string | undefined = '';
    while (after !== undefined) {
      const names = await this.repository.listNames(request, { after, limit: NAMES_AT_ONCE });
      if (names.length > 0) yield await this.withAliases(names);
      after = names.length < NAMES_AT_ONCE ? undefined : names.at(-1)?.name;
    }
  }

  private async withAliases(names: readonly CatalogueName[]): Promise<ListedName[]> {
    const aliased = names.filter(({ hasAliases }) => hasAliases);
    const declarations = await this.assertions.findAll(
      aliased.map(({ snapId }) => ({ type: 'snap-declaration', key: [SERIES, snapId] })),
    );
    const bySnap = new Map(aliased.map(({ snapId }, index) => [snapId, declarations[index]]));
    return names.map((name) => ({ ...name, aliases: aliasesOf(bySnap.get(name.snapId)) }));
  }
}
