import { storeAddress, storeUrl } from '../common/store-url.js';
import { STORE_URL } from './identity.settings.js';
import { AIRGAP } from './mode.settings.js';
import { DOMAIN, HTTPS_PORT, unbracketed } from './server.settings.js';
import type { SettingsService } from './settings.service.js';

/** What the signed URL is compared with: the domain alone, or where HTTPS is. */
export type ComparedAddress = 'domain' | 'https';

/**
 * Compares where the store says that it is with what its store assertion says for good: devices believe that.
 *
 * @returns a warning for the operator; undefined where both are the same, and for a store without a registration
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
    ? 'register it again on the connected machine (`reregister`), and take that here with `register --from FILE`'
    : 'register it again with `snap-store-proxy reregister`';
  return `warning: devices go to ${signed}, which is in the signed store assertion, and not to ${own}; to change that, ${again}`;
}

/** The signed URL may have a path of its own. */
function isBelow(signed: string, origin: string): boolean {
  return new URL(signed).origin === new URL(origin).origin;
}
