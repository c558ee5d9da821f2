import type { FileHandle } from 'node:fs/promises';
import type { RandomAccess } from './random-access.js';

/**
 * Range reads over an open file. Every read gives its position, so several readers may share the handle.
 *
 * @param handle - stays open while the result is used; the caller closes it
 * @param sizeBytes - size of the file; nothing past it is read
 */
export function fileAccess(handle: FileHandle, sizeBytes: number): RandomAccess {
  return {
    sizeBytes,
    async read(offset, length) {
      const wanted = Math.max(0, Math.min(length, sizeBytes - offset));
      const bytes = Buffer.alloc(wanted);
      let filled = 0;
      while (filled < wanted) {
        const { bytesRead } = await handle.read(bytes, filled, wanted - filled, offset + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    },
  };
}
