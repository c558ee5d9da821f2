import { StoreError } from '../../common/errors.js';
import { MAX_BUNDLE_JSON_BYTES, parseJson } from '../format/bundle-json.js';
import {
  checkManifestSignature,
  MAX_SIGNATURE_FILE_BYTES,
  type ManifestTrust,
} from '../format/manifest-signature.js';
import { MANIFEST_PATH, MANIFEST_SIGNATURE_PATH, parseManifest, type Manifest } from '../format/manifest.js';
import type { ArchiveFile } from '../tar-entries.js';
import { readSmall } from './read-small.js';

/** Checks the files of a bundle against the manifest at its start, and the manifest's signature. */
export class ManifestCheck {
  manifest: Manifest | undefined;
  /** Id of the key that signed the manifest. */
  signedBy: string | undefined;
  private manifestBytes: Buffer = Buffer.alloc(0);
  private readonly open = new Map<string, Manifest['files'][number]>();
  private taken = 0;

  constructor(
    private readonly trust: ManifestTrust,
    private readonly kind: 'pair' | 'archive',
  ) {}

  /**
   * Reads manifest and signature, which are the first two files of a bundle. It must be called for every file.
   *
   * @returns `false` if the file is neither
   * @throws StoreError `invalid-bundle` for an invalid or unknown signature, or if a required signature is missing
   */
  async takeHead(file: ArchiveFile): Promise<boolean> {
    this.taken += 1;
    if (this.taken === 1 && this.kind === 'archive' && file.path === MANIFEST_PATH) {
      this.manifestBytes = await readSmall(file, MAX_BUNDLE_JSON_BYTES);
      this.manifest = parseManifest(parseJson(MANIFEST_PATH, this.manifestBytes));
      for (const promised of this.manifest.files) this.open.set(promised.path, promised);
      return true;
    }
    if (this.manifest && file.path === MANIFEST_SIGNATURE_PATH) {
      if (this.taken !== 2)
        throw new StoreError('invalid-bundle', `${MANIFEST_SIGNATURE_PATH} does not follow ${MANIFEST_PATH}`);
      const signature = await readSmall(file, MAX_SIGNATURE_FILE_BYTES);
      this.signedBy = checkManifestSignature(this.manifestBytes, signature, this.trust.keys);
      return true;
    }
    this.checkSigned();
    return false;
  }

  /** Removes a file from the list of open files. A file that is not listed, or does not match its entry, is refused. */
  keep(path: string, sizeBytes: number, digest: Buffer): void {
    if (!this.manifest) return;
    const promised = this.open.get(path);
    if (!promised) throw new StoreError('invalid-bundle', `${path} is not in its manifest`);
    if (promised.sizeBytes !== sizeBytes || !promised.digest.equals(digest))
      throw new StoreError(
        'invalid-bundle',
        `${path} does not match its manifest: the size or digest differs`,
      );
    this.open.delete(path);
  }

  /** Refuses a bundle without a required signature, or with a missing file. */
  finish(): void {
    this.checkSigned();
    for (const path of this.open.keys())
      throw new StoreError('invalid-bundle', `${path} is missing: its manifest lists it`);
  }

  /** Requires a signature, but not for a pair: it has no channel map, so there is nothing to sign. */
  private checkSigned(): void {
    if (!this.trust.isRequired || this.kind === 'pair' || this.signedBy !== undefined) return;
    throw new StoreError(
      'invalid-bundle',
      'it is not signed, and proxy.bundle.require-signature is true: fetch it on a machine with a bundle key',
    );
  }
}
