import type { NewRegistration } from './registration.service.js';

/** A registration as `--json` has it. */
export function registrationView({ storeId, url, urlBefore, keysGenerated }: NewRegistration): object {
  return {
    'store-id': storeId,
    'store-url': url,
    status: 'approved',
    'keys-generated': keysGenerated,
    ...(urlBefore !== undefined && { 'url-before': urlBefore }),
  };
}

/** What a registration has made of this store, and what its devices have to do. */
export function registrationLines({ storeId, url, urlBefore, keysGenerated }: NewRegistration): string[] {
  return [
    ...(keysGenerated
      ? ['Generated a key pair: proxy.key.private and proxy.key.public. Keep a copy of it.']
      : []),
    `Store URL: ${url}`,
    `Store ID: ${storeId}`,
    'Status: approved',
    ...(urlBefore === undefined
      ? []
      : [
          `Devices know this store by ${urlBefore}. On each of them, acknowledge the new store assertion:`,
          `  curl -sL ${url.replace(/\/$/, '')}/v2/auth/store/assertions | sudo snap ack /dev/stdin`,
        ]),
  ];
}
