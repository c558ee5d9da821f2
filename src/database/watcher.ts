import { DiscoveryService } from '@nestjs/core';

/**
 * A provider that keeps data in memory until a unit changes it. A server starts all watchers before it answers.
 */
export interface Watcher {
  watch(): Promise<void>;
}

/** Marks a provider as a {@link Watcher}, so that no list of them is needed. */
export const Watches = DiscoveryService.createDecorator();

/**
 * Starts every provider that {@link Watches} marks.
 *
 * @throws StoreError `database-unavailable` if changes cannot be listened for
 */
export async function startWatchers(discovery: DiscoveryService): Promise<void> {
  for (const { instance } of discovery.getProviders({ metadataKey: Watches.KEY }))
    await (instance as Watcher).watch();
}
