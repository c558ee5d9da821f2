import { DiscoveryService } from '@nestjs/core';

/** What keeps something in memory until any unit changes it. A server starts all of them before it answers. */
export interface Watcher {
  watch(): Promise<void>;
}

/** Marks a provider as a {@link Watcher}, so that no list of them must be kept. */
export const Watches = DiscoveryService.createDecorator();

/**
 * Starts every provider that {@link Watches} marks.
 *
 * @throws StoreError `database-unavailable` where changes cannot be listened for
 */
export async function startWatchers(discovery: DiscoveryService): Promise<void> {
  for (const { instance } of discovery.getProviders({ metadataKey: Watches.KEY }))
    await (instance as Watcher).watch();
}
