import type { IncomingMessage } from 'node:http';

/**
 * Stops Node's parser behind the headers that it has just read: of what the network brought together with them it
 * would look at every chunk and make every request, whatever is answered. Node has no public way to say so. Only in the
 * same moment in which the request is handed over does it still help.
 */
export function readNoMore({ socket }: IncomingMessage): void {
  const { parser } = socket as { readonly parser?: { readonly pause?: () => void } | null };
  parser?.pause?.();
}
