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

/** Holds the files of a bundle against the manifest at its front: who signed it, and what it lists. */
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
   * Takes in manifest and signature, which are the first two files of a bundle. Every file is shown to it.
   *
   * @returns `false` for a file that is neither
   * @throws StoreError `invalid-bundle` for a bad or unknown signature, or where there must be one and is none
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

  /** Strikes a file off the manifest's list; what is there but not promised, or not as promised, is refused. */
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

  /** Refuses a bundle that was signed by nobody, or that lacks what was promised. */
  finish(): void {
    this.checkSigned();
    for (const path of this.open.keys())
      throw new StoreError('invalid-bundle', `${path} is missing: its manifest lists it`);
  }

  /** A pair says nothing of channels but what the operator says: there is nothing to sign. */
  private checkSigned(): void {
    if (!this.trust.isRequired || this.kind === 'pair' || this.signedBy !== undefined) return;
    throw new StoreError(
      'invalid-bundle',
      'it is not signed, and proxy.bundle.require-signature is true: fetch it on a machine with a bundle key',
    );
  }
}
