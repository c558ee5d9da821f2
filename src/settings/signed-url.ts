import { storeAddress, storeUrl } from '../common/http/store-url.js';
import { STORE_URL } from './identity.settings.js';
import { AIRGAP } from './mode.settings.js';
import { DOMAIN, HTTPS_PORT, unbracketed } from './server.settings.js';
import type { SettingsService } from './settings.service.js';

/** What the signed URL is compared with: only the domain, or the full URL if HTTPS is served. */
export type ComparedAddress = 'domain' | 'https';

/**
 * Compares the configured URL of the store with the permanent one in its store assertion, which devices use.
 *
 * @returns a warning for the operator; undefined if both are the same, or the store is not registered
 */
export async function signedUrlWarning(
  settings: SettingsService,
  compared: ComparedAddress,
): Promise<string | undefined> {
  const signed = (await settings.getText(STORE_URL.key)) ?? '';
  if (signed === '') return undefined;
  const domain = await settings.get(DOMAIN);
  const own = compared === 'domain' ? domain : storeUrl('https', domain, await settings.get(HTTPS_PORT));
  const isSame =
    compared === 'domain'
      ? unbracketed(storeAddress(signed).domain).toLowerCase() === unbracketed(domain).toLowerCase()
      : isBelow(signed, own);
  if (isSame) return undefined;
  const again = (await settings.get(AIRGAP))
    ? 'register it again on the connected machine (`reregister`), and import the result here with `register --from FILE`'
    : 'register it again with `snap-store-proxy reregister`';
  return `warning: devices use ${signed}, which is in the signed store assertion, and not ${own}; to change it, ${again}`;
}

/** The signed URL may have a different path. */
function isBelow(signed: string, origin: string): boolean {
  return new URL(signed).origin === new URL(origin).origin;
}
