import { createReadStream } from 'node:fs';
import type { Assertion } from '../assertions/format/assertion.js';
import { assertionsOf } from '../assertions/travelled-stream.js';
import { findInputKind } from '../bundles/input-kind.js';
import { archiveFiles } from '../bundles/tar-entries.js';
import { StoreError } from '../common/errors.js';
import { readBounded } from '../common/streams.js';
import {
  decodeWrittenRegistration,
  MAX_REGISTRATION_BYTES,
  type WrittenRegistration,
} from './format/registration-bundle.js';
import { readRegistrationKeys, type KeyReading } from './format/registration-keys.js';

/** Longest stream of a registration, in bytes; an account, its store and a few keys have about 5 KiB. */
export const MAX_STREAM_BYTES = 1 << 20;

const STREAM_NAME = 'proxy.assert';
const BUNDLE_NAME = 'registration_bundle.b64';

/** The registration in a file; nothing is verified yet. */
export interface RegistrationFile {
  readonly assertions: readonly Assertion[];
  /** The store-id, if the file names it. */
  readonly storeId: string | undefined;
  /** Undefined if this kind of file has no keys. */
  readonly keys: KeyReading | undefined;
}

/**
 * Reads an existing registration: `registration_bundle.b64`, `proxy.assert`, or `offline-snap-store.tar.gz` with both.
 * The content decides which of these a file is.
 *
 * @throws StoreError `invalid-request`, `invalid-bundle`, `invalid-assertion` or `too-large`, naming the fault
 */
export async function readRegistrationFile(path: string): Promise<RegistrationFile> {
  const kind = await findInputKind(path);
  if (kind === 'tar' || kind === 'tar.gz') return await readArchive(path, kind === 'tar.gz');
  if (kind === 'assertions') {
    return {
      assertions: assertionsOf(await readUpTo(createReadStream(path), MAX_STREAM_BYTES)),
      storeId: undefined,
      keys: undefined,
    };
  }
  if (kind === 'snap') throw new StoreError('invalid-request', 'it is a snap, not a registration');
  return fromBundle(
    decodeWrittenRegistration(await readUpTo(createReadStream(path), MAX_REGISTRATION_BYTES)),
  );
}

async function readArchive(path: string, compressed: boolean): Promise<RegistrationFile> {
  const found = new Map<string, Buffer>();
  for await (const file of archiveFiles(path, compressed, () => undefined)) {
    const name = file.path.split('/').at(-1) ?? '';
    if ((name !== STREAM_NAME && name !== BUNDLE_NAME) || file.path.split('/').length > 2) continue;
    if (found.has(name)) throw new StoreError('invalid-bundle', `it holds two files named ${name}`);
    found.set(name, await readUpTo(file.content, Math.max(MAX_STREAM_BYTES, MAX_REGISTRATION_BYTES)));
  }
  const bundle = found.get(BUNDLE_NAME);
  const stream = found.get(STREAM_NAME);
  if (!bundle && !stream)
    throw new StoreError('invalid-bundle', `it holds neither ${STREAM_NAME} nor ${BUNDLE_NAME}`);
  const assertions = stream ? assertionsOf(stream) : [];
  if (!bundle) return { assertions, storeId: undefined, keys: undefined };
  const registration = fromBundle(decodeWrittenRegistration(bundle));
  return { ...registration, assertions: [...assertions, ...registration.assertions] };
}

function fromBundle({
  storeAssertion,
  storeId,
  privateKey,
  publicKey,
}: WrittenRegistration): RegistrationFile {
  return {
    assertions: assertionsOf(Buffer.from(storeAssertion)),
    storeId,
    keys: readRegistrationKeys(privateKey, publicKey),
  };
}

async function readUpTo(source: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  return await readBounded(
    source,
    maxBytes,
    () => new StoreError('too-large', `it is longer than ${maxBytes} bytes`),
  );
}
