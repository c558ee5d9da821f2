import type { NewRegistration } from './registration.service.js';

/** The JSON of a registration, as `--json` prints it. */
export function registrationView({ storeId, url, urlBefore, keysGenerated }: NewRegistration): object {
  return {
    'store-id': storeId,
    'store-url': url,
    status: 'approved',
    'keys-generated': keysGenerated,
    ...(urlBefore !== undefined && { 'url-before': urlBefore }),
  };
}

/** The result of a registration, and the next step on its devices. */
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
          `Devices use this store at ${urlBefore}. On each device, acknowledge the new store assertion:`,
          `  curl -sL ${url.replace(/\/$/, '')}/v2/auth/store/assertions | sudo snap ack /dev/stdin`,
        ]),
  ];
}
