import { printJson, printLine } from '../common/terminal.js';
import type { NewRegistration } from './registration.service.js';

/** Shows what a registration has made of this store, and what its devices have to do. */
export function printRegistration(
  { storeId, url, urlBefore, keysGenerated }: NewRegistration,
  { json }: { readonly json?: boolean },
): void {
  if (json) {
    const before = urlBefore === undefined ? {} : { 'url-before': urlBefore };
    printJson({
      'store-id': storeId,
      'store-url': url,
      status: 'approved',
      'keys-generated': keysGenerated,
      ...before,
    });
    return;
  }
  if (keysGenerated)
    printLine('Generated a key pair: proxy.key.private and proxy.key.public. Keep a copy of it.');
  printLine(`Store URL: ${url}`);
  printLine(`Store ID: ${storeId}`);
  printLine('Status: approved');
  if (urlBefore === undefined) return;
  printLine(`Devices know this store by ${urlBefore}. On each of them, acknowledge the new store assertion:`);
  printLine(`  curl -sL ${url}/v2/auth/store/assertions | sudo snap ack /dev/stdin`);
}
