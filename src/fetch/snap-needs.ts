import { open } from 'node:fs/promises';
import { readSnapContents } from '../snap-files/snap-contents.js';
import { parseSnapYaml, type SnapYaml } from '../snap-files/snap-yaml.js';
import { fileAccess } from '../snap-files/squashfs/file-access.js';

/** Reads meta/snap.yaml out of a snap file. @throws StoreError `invalid-snap` */
export async function readSnapYaml(path: string, sizeBytes: number): Promise<SnapYaml> {
  const file = await open(path, 'r');
  try {
    return (await readSnapContents(fileAccess(file, sizeBytes))).snapYaml;
  } finally {
    await file.close();
  }
}

/** Parses the snap.yaml of an answer, for a snap whose file was not downloaded; undefined if it cannot be read. */
export function saidSnapYaml(text: string | undefined): SnapYaml | undefined {
  if (text === undefined) return undefined;
  try {
    return parseSnapYaml(Buffer.from(text));
  } catch {
    return undefined;
  }
}
