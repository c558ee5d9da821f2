import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assertion } from '../../src/assertions/format/assertion.js';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { manifestView } from '../../src/bundles/format/manifest.js';
import { sha3_384 } from '../../src/common/crypto/digest.js';
import { tarOf, type TarPart } from './tar-file.js';
import { writePair, type TestSnap } from './test-snaps.js';

/** The three kinds of file that a push takes. */
export const INPUT_FORMS = ['pair', 'bundle with manifest', 'foreign archive'] as const;
export type InputForm = (typeof INPUT_FORMS)[number];

/** Puts a manifest that promises exactly these parts before them. */
export function withManifest(parts: readonly TarPart[]): TarPart[] {
  const files = parts.map(({ name, bytes = Buffer.alloc(0) }) => ({
    path: name,
    sizeBytes: bytes.length,
    digest: sha3_384(bytes),
  }));
  const createdAt = new Date('2026-06-01T00:00:00Z');
  return [{ name: 'manifest.json', bytes: manifestView({ createdAt, source: 'test', files }, []) }, ...parts];
}

/** A part that is JSON. */
export function jsonPart(name: string, document: unknown): TarPart {
  return { name, bytes: Buffer.from(JSON.stringify(document)) };
}

let made = 0;

/** Writes an archive of these parts. @returns its path, new each time */
export async function writeArchive(
  directory: string,
  parts: readonly TarPart[],
  compressed = true,
): Promise<string> {
  return await writeBytes(directory, await tarOf(parts, compressed), compressed ? '.tar.gz' : '.tar');
}

/** Writes a file. @returns its path, new each time */
export async function writeBytes(directory: string, bytes: Buffer, suffix: string): Promise<string> {
  made += 1;
  const path = join(directory, `input-${made}${suffix}`);
  await writeFile(path, bytes);
  return path;
}

/** Writes a snap with these assertions in one of the forms. @returns the path to push */
export async function writeForm(
  directory: string,
  form: InputForm,
  snap: TestSnap,
  assertions: readonly Assertion[] = snap.assertions,
): Promise<string> {
  made += 1;
  const folder = join(directory, `form-${made}`);
  await mkdir(folder);
  if (form === 'pair') return await writePair(folder, snap, assertions);
  const parts = [
    { name: 'a.assert', bytes: encodeStream(assertions) },
    { name: `${snap.name}_${snap.revision}.snap`, bytes: snap.bytes },
  ];
  return await writeArchive(folder, form === 'foreign archive' ? parts : withManifest(parts));
}
