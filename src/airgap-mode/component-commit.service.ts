import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { StoreError } from '../common/errors.js';
import { CatalogueRepository } from '../snaps/catalogue.repository.js';
import { ComponentsRepository } from '../snaps/components.repository.js';
import { SnapImportRepository } from '../snaps/snap-import.repository.js';
import { parseSnapYaml, type SnapYaml } from '../snaps/snap-yaml.js';
import { checkIsDeclared, type ComponentFacts } from './component-facts.js';
import type { ComponentOutcome } from './import-report.js';
import type { ImportJob } from './import-job.js';
import { checkLeftOut, checkSameDigest } from './snap-facts.js';
import type { SnapImport } from './snap-import.js';

/** Puts the components of one snap of an import into the tables, inside the import's transaction. */
@Injectable()
export class ComponentCommitService {
  constructor(
    private readonly components: ComponentsRepository,
    private readonly repository: SnapImportRepository,
    private readonly catalogueReads: CatalogueRepository,
  ) {}

  /**
   * Adds what is new of a snap's components, after the snap itself.
   *
   * @param revisions - of the snap, that the store holds by now
   * @throws StoreError `conflict` where a revision is another file, `invalid-bundle` where a component goes with no
   *   revision of the snap that the store holds, or where a left out file is missing
   */
  async commit(
    tx: EntityManager,
    snap: SnapImport,
    revisions: ReadonlySet<number>,
    job: ImportJob,
  ): Promise<ComponentOutcome[]> {
    const outcomes: ComponentOutcome[] = [];
    for (const { name, revision } of snap.leftOutComponents) {
      const known = await this.components.findInTransaction(tx, snap.snapId, name, revision);
      checkLeftOut(`snap ${snap.name} component ${name} revision ${revision}`, known !== undefined);
      outcomes.push({ name, revision, outcome: 'present' });
    }
    for (const facts of snap.components) {
      const { name, revision } = facts.component;
      await this.checkPairs(tx, facts, snap, revisions);
      const known = await this.components.findInTransaction(tx, snap.snapId, name, revision);
      checkSameDigest(facts.shown, facts.component.digest, known);
      outcomes.push({ name, revision, outcome: known ? 'present' : 'added' });
      if (known) continue;
      const { digest, sizeBytes } = facts.component;
      await this.repository.addBlob(tx, digest, sizeBytes);
      await this.components.add(tx, facts.component, await job.id());
    }
    return outcomes;
  }

  /** Without a revision of its snap, no device could ever install it. */
  private async checkPairs(
    tx: EntityManager,
    facts: ComponentFacts,
    snap: SnapImport,
    revisions: ReadonlySet<number>,
  ): Promise<void> {
    const refuse = (why: string) => new StoreError('invalid-bundle', `${facts.shown}: ${why}`);
    const paired = await this.components.pairedRevisions(tx, facts.component);
    if (paired.length === 0) throw refuse('its snap-resource-pair assertion is missing');
    const here = paired.filter((revision) => revisions.has(revision));
    if (here.length === 0)
      throw refuse(
        `it goes with revision ${paired.join(', ')} of the snap, which the store does not hold: push that first`,
      );
    for (const revision of here) {
      const snapYaml = await this.snapYamlOf(snap, revision);
      if (snapYaml) checkIsDeclared(facts, revision, snapYaml);
    }
  }

  private async snapYamlOf({ snapId, facts }: SnapImport, revision: number): Promise<SnapYaml | undefined> {
    const brought = facts.find((one) => one.revision.revision === revision);
    if (brought) return brought.snapYaml;
    const known = await this.catalogueReads.findRevision(snapId, revision);
    return known && parseSnapYaml(Buffer.from(known.snapYaml));
  }
}
