import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { CatalogueService } from '../catalogue/catalogue.service.js';
import type { ComponentRevision } from '../catalogue/component.js';
import { ComponentsService } from '../catalogue/components.service.js';
import { formatChannel } from '../channels/channel.js';
import { StoreError } from '../common/errors.js';
import { parseSnapYaml, type SnapYaml } from '../snap-files/snap-yaml.js';
import type { ComponentOutcome } from './import-report.js';
import type { ImportRow } from './import-row.js';
import type { SnapImport } from './snap-import.js';
import { checkIsDeclared, type StagedComponent } from './staged-component.js';
import { checkLeftOut, checkSameDigest } from './staged-snap.js';

/** Stores the components of one imported snap, inside the import's transaction. */
@Injectable()
export class ComponentCommitService {
  constructor(
    private readonly components: ComponentsService,
    private readonly catalogue: CatalogueService,
  ) {}

  /**
   * Adds the new components of a snap, after the snap itself.
   *
   * @param revisions - the revisions of the snap that are in the store now
   * @returns the outcome of each component, and whether the components of a channel changed
   * @throws StoreError `conflict` if a revision has another file; `invalid-bundle` if a component belongs to no revision
   *   of the snap in the store, or if a left out file is missing
   */
  async commit(
    tx: EntityManager,
    snap: SnapImport,
    revisions: ReadonlySet<number>,
    row: ImportRow,
  ): Promise<{ outcomes: ComponentOutcome[]; isNews: boolean }> {
    const outcomes: ComponentOutcome[] = [];
    const here: ComponentRevision[] = [];
    for (const { name, revision } of snap.leftOutComponents) {
      const known = await this.components.findInTransaction(tx, snap.snapId, name, revision);
      checkLeftOut(`snap ${snap.name} component ${name} revision ${revision}`, known !== undefined);
      if (known) here.push(known);
      outcomes.push({ name, revision, outcome: 'present' });
    }
    for (const staged of snap.components) {
      const { name, revision } = staged.component;
      await this.checkPairs(tx, staged, snap, revisions);
      const known = await this.components.findInTransaction(tx, snap.snapId, name, revision);
      checkSameDigest(staged.shown, staged.component.digest, known);
      outcomes.push({ name, revision, outcome: known ? 'present' : 'added' });
      here.push(staged.component);
      if (known) continue;
      await this.components.add(tx, staged.component, await row.id());
    }
    return { outcomes, isNews: await this.release(tx, snap, here, row) };
  }

  /** Releases components to the channels of the file's revisions that they belong to; without any, to all channels. */
  private async release(
    tx: EntityManager,
    { releases }: SnapImport,
    components: readonly ComponentRevision[],
    row: ImportRow,
  ): Promise<boolean> {
    let isNews = false;
    for (const component of components) {
      const paired = await this.components.pairedRevisions(tx, component);
      const places = new Map(
        releases
          .filter(({ revision }) => paired.includes(revision))
          .map(({ channel }) => [formatChannel(channel), channel]),
      );
      for (const channel of places.size === 0 ? [undefined] : places.values())
        if (await this.components.release(tx, component, channel, () => row.id())) isNews = true;
    }
    return isNews;
  }

  /** Refuses a component without a revision of its snap: no device could install it. */
  private async checkPairs(
    tx: EntityManager,
    staged: StagedComponent,
    snap: SnapImport,
    revisions: ReadonlySet<number>,
  ): Promise<void> {
    const refuse = (why: string) => new StoreError('invalid-bundle', `${staged.shown}: ${why}`);
    const paired = await this.components.pairedRevisions(tx, staged.component);
    if (paired.length === 0) throw refuse('its snap-resource-pair assertion is missing');
    const here = paired.filter((revision) => revisions.has(revision));
    if (here.length === 0)
      throw refuse(
        `it belongs to revision ${paired.join(', ')} of the snap, which is not in the store: push that revision first`,
      );
    for (const revision of here) {
      const snapYaml = await this.snapYamlOf(snap, revision);
      if (snapYaml) checkIsDeclared(staged, revision, snapYaml);
    }
  }

  private async snapYamlOf({ snapId, files }: SnapImport, revision: number): Promise<SnapYaml | undefined> {
    const brought = files.find((one) => one.revision.revision === revision);
    if (brought) return brought.snapYaml;
    const known = await this.catalogue.findDownload(snapId, revision);
    return known && parseSnapYaml(Buffer.from(known.snapYaml));
  }
}
