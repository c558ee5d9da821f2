import { resolve } from 'node:path';
import {
  decodeAssertionFile,
  filesBySnapSize,
  type AssertionFile,
} from '../bundles/reading/assertion-file.js';
import type { ClassifiedFile, ClassifiedFiles } from '../bundles/reading/classified-files.js';
import { ImportBudget } from '../bundles/reading/import-budget.js';
import { archiveInput, downloadInput, holdsSnap, type ImportInput } from '../bundles/reading/import-input.js';
import { ASSERTIONS_ALONE } from '../bundles/reading/open-input.js';
import {
  findComponents,
  findDownload,
  type Companions,
  type SnapDownload,
} from '../bundles/reading/snap-download.js';
import { StoreError } from '../common/errors.js';

/** One push of several in a command. */
export interface PlannedInput {
  readonly file: ClassifiedFile;
  readonly open: () => Promise<ImportInput>;
}

/** The pushes of a command, file by file. */
export interface ImportPlan {
  readonly inputs: readonly PlannedInput[];
  /** Errors of files that are refused before they are read, by the path as it was typed. */
  readonly refused: ReadonlyMap<string, StoreError>;
  /** Assertion files that match no snap here; other files may need their assertions. */
  readonly helpers: readonly ClassifiedFile[];
  readonly assertionFiles: readonly AssertionFile[];
  /** Archives in folders that contain nothing to push. */
  readonly passedOver: readonly string[];
}

/** Groups the given files: each snap with its assertions and components, whatever their folders are. */
class Planner {
  private readonly inputs: PlannedInput[] = [];
  private readonly passedOver: string[] = [];
  private readonly refused: Map<string, StoreError>;
  /** Absolute paths of the files that belong to another pushed file. */
  private readonly partners = new Set<string>();
  private readonly companions: Companions;

  constructor(
    private readonly given: ClassifiedFiles,
    private readonly assertionFiles: readonly AssertionFile[],
  ) {
    this.refused = new Map(given.refused);
    this.companions = { assertionFiles: filesBySnapSize(assertionFiles), images: this.ofKind('snap') };
  }

  private ofKind(kind: ClassifiedFile['kind']): ClassifiedFile[] {
    return this.given.files.filter((file) => file.kind === kind);
  }

  async plan(): Promise<ImportPlan> {
    // Component files look like snaps; they are found through their assertions.
    const pairs = await this.pair(
      this.ofKind('snap'),
      async (file) => await findDownload(file, this.companions),
    );
    const loose = this.ofKind('assertions').filter((file) => !this.isPartner(file));
    const alone = await this.pair(loose, async (file) => await this.componentsOf(file));
    const pairings = new Map([...pairs, ...alone]);
    for (const file of this.given.files) {
      const pairing = pairings.get(file);
      if (pairing && !this.isPartner(file)) this.inputs.push({ file, open: () => downloadInput(pairing) });
      else if (file.kind === 'tar' || file.kind === 'tar.gz') await this.planArchive(file);
    }
    const helpers = this.helpers(loose);
    const { inputs, assertionFiles, passedOver } = this;
    return { inputs, refused: this.refusals(), helpers, assertionFiles, passedOver };
  }

  private async planArchive(file: ClassifiedFile): Promise<void> {
    const compressed = file.kind === 'tar.gz';
    if (file.isNamed || (await holdsSnap(file.path, compressed)))
      this.inputs.push({ file, open: () => archiveInput(file.path, compressed) });
    else this.passedOver.push(file.shown);
  }

  /** Errors of files that belong to another file are left out: they are not pushed by themselves. */
  private refusals(): Map<string, StoreError> {
    const partners = new Set(
      this.given.files.filter((file) => this.isPartner(file)).map((file) => file.shown),
    );
    const isPartner = (shown: string) => partners.has(shown) || this.partners.has(resolve(shown));
    return new Map([...this.refused].filter(([shown]) => !isPartner(shown)));
  }

  private async pair(
    files: readonly ClassifiedFile[],
    pairingOf: (file: ClassifiedFile) => Promise<SnapDownload | undefined>,
  ): Promise<Map<ClassifiedFile, SnapDownload>> {
    const pairs = new Map<ClassifiedFile, SnapDownload>();
    for (const file of files) {
      try {
        const pairing = await pairingOf(file);
        if (!pairing) continue;
        pairs.set(file, pairing);
        for (const path of [pairing.assertPath, ...pairing.componentPaths])
          if (path !== file.path) this.partners.add(resolve(path));
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        this.refused.set(file.shown, error);
      }
    }
    return pairs;
  }

  private async componentsOf(file: ClassifiedFile): Promise<SnapDownload | undefined> {
    const assertionFile = this.assertionFiles.find(({ path }) => path === file.path);
    if (assertionFile?.trouble) throw assertionFile.trouble;
    return assertionFile && (await findComponents(assertionFile, this.companions));
  }

  private isPartner({ path }: ClassifiedFile): boolean {
    return this.partners.has(resolve(path));
  }

  /** Assertion files that other files may need. Without other files they are refused: they are for another command. */
  private helpers(loose: readonly ClassifiedFile[]): ClassifiedFile[] {
    const pushed = new Set(this.inputs.map(({ file }) => file));
    const idle = loose.filter((file) => !pushed.has(file) && !this.refused.has(file.shown));
    if (this.inputs.length > 0) return idle;
    for (const file of idle) this.refused.set(file.shown, new StoreError('invalid-bundle', ASSERTIONS_ALONE));
    return [];
  }
}

/** Plans the pushes of a command. */
export async function planImports(given: ClassifiedFiles): Promise<ImportPlan> {
  const budget = new ImportBudget();
  const assertionFiles: AssertionFile[] = [];
  for (const file of given.files)
    if (file.kind === 'assertions') assertionFiles.push(await decodeAssertionFile(file.path, budget));
  return await new Planner(given, assertionFiles).plan();
}
