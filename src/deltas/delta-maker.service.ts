import { Injectable } from '@nestjs/common';
import { BlobStoreService, type StagedBlob } from '../blobs/blob-store.service.js';
import type { RevisionFile } from '../catalogue/holdings.service.js';
import { digestToHex } from '../common/crypto/digest.js';
import { StoreError } from '../common/errors.js';
import type { Outcome } from './deltas.repository.js';
import { digestOfDecoded, encode, ProgramFailure, type Circumstances } from './xdelta3.js';

/** A delta that is not much smaller than its target is no gain, because the device must also apply it. */
export const MAX_FRACTION_OF_TARGET = 0.5;

/** For smaller targets, a delta saves nothing noticeable. */
export const MIN_TARGET_BYTES = 64 << 10;

/** A delta with its file written, flushed and verified, under a temporary name; or the reason for none. */
export type MadeDelta = { readonly staged: StagedBlob } | { readonly outcome: Outcome };

/** Makes one delta, and verifies it. */
@Injectable()
export class DeltaMakerService {
  constructor(private readonly blobs: BlobStoreService) {}

  /**
   * @param program - path of xdelta3
   * @returns the delta, which the caller places or discards; on failure no file remains
   * @throws StoreError `storage-failed` if the disk fails; the signal's reason if it was aborted
   */
  async make(
    program: string,
    source: RevisionFile,
    target: RevisionFile,
    signal: AbortSignal,
  ): Promise<MadeDelta> {
    try {
      const staged = await this.encode(program, source, target, signal);
      try {
        await this.prove(program, source, staged, target, signal);
        return { staged };
      } catch (error) {
        await this.blobs.discard(staged);
        throw error;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof ProgramFailure) return { outcome: { state: 'failed', reason: error.message } };
      if (!(error instanceof StoreError) || error.code !== 'too-large') throw error;
      const limit = `${MAX_FRACTION_OF_TARGET * 100} % of the target's ${target.sizeBytes} bytes`;
      return { outcome: { state: 'too-large', reason: `it is larger than ${limit}` } };
    }
  }

  private async encode(
    program: string,
    source: RevisionFile,
    target: RevisionFile,
    signal: AbortSignal,
  ): Promise<StagedBlob> {
    const work = encode(
      program,
      this.blobs.pathOf(source.digest),
      this.blobs.pathOf(target.digest),
      this.circumstances(signal),
    );
    let staged: StagedBlob | undefined;
    try {
      staged = await this.blobs.stage(work.output, Math.floor(target.sizeBytes * MAX_FRACTION_OF_TARGET));
      await work.ended;
      return staged;
    } catch (error) {
      work.stop();
      if (staged) await this.blobs.discard(staged);
      // If the program is stopped, its output fails too, with a less helpful error.
      if (!(error instanceof StoreError)) await work.ended;
      throw error;
    }
  }

  /** The result in snapd must be the target, byte for byte. */
  private async prove(
    program: string,
    source: RevisionFile,
    staged: StagedBlob,
    target: RevisionFile,
    signal: AbortSignal,
  ): Promise<void> {
    const path = this.blobs.pathOf(source.digest);
    const digest = await digestOfDecoded(program, path, staged.path, this.circumstances(signal));
    if (digest !== digestToHex(target.digest))
      throw new ProgramFailure('applying the delta to its source does not produce the target');
  }
  private circumstances(signal: AbortSignal): Circumstances {
    return { signal, isBusy: () => this.blobs.isWrittenByOthers() };
  }
}
