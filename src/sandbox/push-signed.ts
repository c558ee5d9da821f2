import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { encodeStream } from '../assertions/format/stream.js';
import { parseChannel } from '../channels/channel.js';
import { sha3_384 } from '../common/crypto/digest.js';
import { builtFile } from '../common/files/built-file.js';
import { makeFolders } from '../common/files/make-folders.js';
import { NO_PROGRESS } from '../common/terminal/progress.js';
import type { ImportService } from '../imports/import.service.js';
import type { SignedSnapFile, StoreStack } from './store-stack.js';

/** A snap file in the assets, and the name and revision to sign it with. */
export interface UnsignedSnap {
  /** Path of the file. */
  readonly source: string;
  readonly name: string;
  readonly snapId: string;
  readonly revision: number;
  readonly channels: readonly string[];
  /** Component files next to it in the assets: `NAME+COMPONENT_REVISION.comp`. */
  readonly components?: readonly { readonly name: string; readonly revision: number }[];
}

/** A folder of `assets`. */
export function assetsDirectory(name: string): string {
  return builtFile(join('assets', name));
}

/**
 * Signs a snap and pushes it as an operator does, with the files that `snap download` writes.
 *
 * @param publisherId - an account that the stack has signed
 * @param directory - directory for the files; created if it is missing
 */
export async function pushSigned(
  imports: ImportService,
  stack: StoreStack,
  publisherId: string,
  { source, name, snapId, revision, channels, components = [] }: UnsignedSnap,
  directory: string,
): Promise<SignedSnapFile> {
  const bytes = await readFile(source);
  const snap: SignedSnapFile = { name, snapId, revision, digest: sha3_384(bytes), sizeBytes: bytes.length };
  const signed = [
    stack.snapDeclaration({ snapId, name, publisherId }),
    stack.snapRevision({ ...snap, developerId: publisherId }),
  ];
  makeFolders(directory, 0o777);
  for (const component of components) {
    const file = `${name}+${component.name}_${component.revision}.comp`;
    const content = await readFile(join(dirname(source), file));
    const part = { ...component, snapId, digest: sha3_384(content), sizeBytes: content.length };
    signed.push(stack.snapResourceRevision(part, publisherId));
    signed.push(stack.snapResourcePair(part, revision, publisherId));
    await writeFile(join(directory, file), content);
  }
  const pair = join(directory, `${name}_${revision}`);
  await copyFile(source, `${pair}.snap`);
  await writeFile(`${pair}.assert`, encodeStream(stack.chain(...signed)));
  const options = { channels: channels.map(parseChannel), pushChannelMap: false };
  await imports.import(`${pair}.snap`, options, NO_PROGRESS);
  return snap;
}
