import type { FileHandle } from 'node:fs/promises';
import { Injectable } from '@nestjs/common';
import { BlobStoreService } from '../../blobs/blob-store.service.js';
import type { DeviceSession } from '../../brand-stores/device-session.js';
import { SnapVisibilityService } from '../../brand-stores/snap-visibility.service.js';
import { CatalogueService } from '../../catalogue/catalogue.service.js';
import { ComponentsService } from '../../catalogue/components.service.js';
import { MAX_INTEGER } from '../../common/domain/words.js';
import { DeltaIndexService } from '../../deltas/delta-index.service.js';
import { deltaFileName, type Delta } from '../../deltas/delta.js';
import type { SentBytes } from './send-file.js';

const FILE_NAME = /^([a-zA-Z0-9]{1,64})_([1-9]\d{0,9})(?:\.snap|_([1-9]\d{0,9})_xdelta3\.delta)$/;
const COMPONENT_NAME = /^([a-zA-Z0-9]{1,64})\.([a-z0-9-]{1,40})_([1-9]\d{0,9})\.comp$/;

/** A file that can be downloaded. */
export interface ServedFile {
  readonly name: string;
  readonly snapId: string;
  /** SHA3-384, 48 bytes. */
  readonly digest: Buffer;
  readonly sizeBytes: number;
  /** Undefined for a delta, because it is not recorded. */
  readonly createdAt?: Date;
  /** The revisions, if it is a delta. */
  readonly delta?: Delta;
}

/** Finds the files that devices download. */
@Injectable()
export class DownloadsService {
  /** Bytes of files that were sent since the start. */
  readonly sent = { snap: { bytes: 0 }, component: { bytes: 0 }, delta: { bytes: 0 } };

  constructor(
    private readonly catalogue: CatalogueService,
    private readonly components: ComponentsService,
    private readonly deltas: DeltaIndexService,
    private readonly visibility: SnapVisibilityService,
    private readonly blobs: BlobStoreService,
  ) {}

  /** @returns undefined if no file has this name, or if it is hidden from the device */
  async find(name: string, session: DeviceSession | undefined): Promise<ServedFile | undefined> {
    return (await this.findSnapOrDelta(name, session)) ?? (await this.findComponent(name, session));
  }

  /** Whether every device gets a file, or only those of a brand store. */
  async isForAll({ snapId }: ServedFile): Promise<boolean> {
    return await this.visibility.isVisible(snapId, undefined, true);
  }

  /**
   * Opens a file to be sent.
   *
   * @throws StoreError if it is missing or incomplete: for a delta `not-found`, so that snapd fetches the whole snap;
   *   otherwise `storage-failed`
   */
  async open({ digest, sizeBytes, delta }: ServedFile): Promise<FileHandle> {
    return await this.blobs.openWhole(digest, sizeBytes, delta ? 'not-found' : 'storage-failed');
  }

  /** Where the bytes of a file that are sent are counted. */
  sentOf({ name, delta }: ServedFile): SentBytes {
    if (delta) return this.sent.delta;
    return name.endsWith('.comp') ? this.sent.component : this.sent.snap;
  }

  /** Records that a device fetches a file. */
  noteFetched({ delta }: ServedFile): void {
    if (delta) this.deltas.noteUsed(delta);
  }

  /** A delta is found if its target is: a device that may have one may have the other. */
  private async findSnapOrDelta(
    name: string,
    session: DeviceSession | undefined,
  ): Promise<ServedFile | undefined> {
    const [, snapId = '', first = '', second] = FILE_NAME.exec(name) ?? [];
    const [source, target] = second === undefined ? [undefined, first] : [Number(first), second];
    if (snapId === '' || Number(target) > MAX_INTEGER) return undefined;
    const revision = await this.catalogue.findDownload(snapId, Number(target));
    // Also checked for unknown snaps, so that the time does not reveal whether a snap is hidden.
    const isVisible = await this.visibility.isVisible(snapId, session, revision !== undefined);
    if (!revision || !isVisible) return undefined;
    if (source === undefined) return { ...pick(revision), createdAt: revision.createdAt, name, snapId };
    const delta = this.deltas.find(snapId, source, Number(target));
    return delta && { ...pick(delta), name: deltaFileName(delta), snapId, delta };
  }

  private async findComponent(
    name: string,
    session: DeviceSession | undefined,
  ): Promise<ServedFile | undefined> {
    const [, snapId = '', component = '', revision = ''] = COMPONENT_NAME.exec(name) ?? [];
    if (snapId === '' || Number(revision) > MAX_INTEGER) return undefined;
    const found = await this.components.find(snapId, component, Number(revision));
    const isVisible = await this.visibility.isVisible(snapId, session, found !== undefined);
    return found && isVisible ? { ...pick(found), createdAt: found.createdAt, name, snapId } : undefined;
  }
}

function pick({ digest, sizeBytes }: Pick<ServedFile, 'digest' | 'sizeBytes'>) {
  return { digest, sizeBytes };
}
