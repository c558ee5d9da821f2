import { Injectable } from '@nestjs/common';
import { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { eachAssertionOf } from '../assertions/travelled-stream.js';
import { readAssertionFile } from '../bundles/reading/assertion-file.js';
import {
  classifyGiven,
  folderNotes,
  inGivenOrder,
  type ClassifiedFiles,
} from '../bundles/reading/classified-files.js';
import { assertionCost, ImportBudget } from '../bundles/reading/import-budget.js';
import { SignedChangesService } from '../catalogue/signed-changes.service.js';
import { StoreError } from '../common/errors.js';
import type { TypedFile } from '../common/files/given-files.js';
import { visible } from '../common/visible-text.js';
import { AuditService } from '../management/audit/audit.service.js';

export interface Acknowledged {
  readonly assertion: Assertion;
  /** `false` if the store already had it. */
  readonly added: boolean;
}

/** The assertions that a command accepts, and their name in messages. */
export interface AckFilter {
  readonly accepts: (assertion: Assertion) => boolean;
  readonly kinds: string;
}

/** The outcome of one file of a command. */
export interface AckOutcome {
  /** The path as it was typed; for a file in a folder, below the folder as it was typed. */
  readonly file: string;
  /** Its assertions, in its order; empty if the file was refused. */
  readonly acknowledged: readonly Acknowledged[];
  readonly error?: StoreError;
}

/** The outcomes of all files, and notes for the operator. */
export interface AckResult {
  readonly outcomes: readonly AckOutcome[];
  readonly notes: readonly string[];
}

/** The most assertions that a row of the audit trail names. */
const MAX_NAMED_ASSERTIONS = 1_000;

interface DecodedFile {
  readonly file: string;
  readonly assertions: readonly Assertion[];
}

/** Adds assertions without a snap. */
@Injectable()
export class AckService {
  constructor(
    private readonly assertions: AssertionsService,
    private readonly changes: SignedChangesService,
    private readonly audit: AuditService,
  ) {}

  /**
   * Adds the assertions of one file.
   *
   * @returns each assertion of the file, in its order
   * @throws StoreError naming the file and the first invalid assertion; then no assertion is added
   */
  async ack(path: string, filter?: AckFilter): Promise<readonly Acknowledged[]> {
    const { outcomes } = await this.ackAll([{ shown: path, path }], filter);
    const [outcome] = outcomes;
    if (outcome?.error) throw outcome.error;
    return outcome?.acknowledged ?? [];
  }

  /**
   * Adds the assertions of several files or folders together. The files may depend on each other, in any order. A file
   * with an invalid assertion is refused as a whole; the others are added.
   *
   * @throws StoreError `invalid-request` if a path is given twice, or if no file contains assertions
   */
  async ackAll(typed: readonly TypedFile[], filter?: AckFilter): Promise<AckResult> {
    const given = await classifyGiven(typed, true);
    const refused = new Map(given.refused);
    const decoded = await decodeAll(given, refused, filter);
    if (decoded.length + refused.size === 0)
      throw new StoreError(
        'invalid-request',
        `cannot add ${typed.map(({ shown }) => shown).join(', ')}: there is no assertion file in it`,
      );
    const { refused: unbelieved, verified } = await this.assertions.sift(
      decoded.map(({ assertions }) => assertions),
    );
    for (const [place, error] of unbelieved) refused.set(decoded[place]?.file ?? '', error);
    const acknowledge = await this.store(verified);
    const outcomes = [
      ...[...refused].map(([file, error]) => ({ file, acknowledged: [], error: refusedAck(file, error) })),
      ...decoded
        .filter(({ file }) => !refused.has(file))
        .map(({ file, assertions }) => ({ file, acknowledged: assertions.map(acknowledge) })),
    ];
    return { outcomes: inGivenOrder(given, outcomes), notes: folderNotes(given) };
  }

  /**
   * Adds the assertions of one stream: all of them, or none.
   *
   * @returns each assertion of the stream, in its order
   * @throws StoreError naming the first invalid assertion
   */
  async ackStream(bytes: Buffer): Promise<readonly Acknowledged[]> {
    try {
      const assertions = decodeWithin(bytes, new ImportBudget(), undefined);
      const { refused, verified } = await this.assertions.sift([assertions]);
      const refusal = refused.get(0);
      if (refusal) throw refusal;
      return assertions.map(await this.store(verified));
    } catch (error) {
      if (!(error instanceof StoreError) || error.code === 'database-unavailable') throw error;
      throw refusedAck('assertions', error);
    }
  }

  /** @returns a function that says whether an assertion was added */
  private async store(verified: readonly Assertion[]): Promise<(assertion: Assertion) => Acknowledged> {
    const added = new Set(verified.map(reference));
    await this.assertions.addVerified(verified, async (tx) => {
      await this.changes.apply(tx, verified);
      const references = [...added];
      const [first] = references;
      if (first === undefined) return;
      this.audit.record(tx, {
        action: 'assertion.add',
        subject: references.length === 1 ? first : `${references.length} assertions`,
        after: { count: references.length, assertions: references.slice(0, MAX_NAMED_ASSERTIONS) },
      });
    });
    return (assertion) => ({ assertion, added: added.has(reference(assertion)) });
  }
}

function refusedAck(file: string, refusal: StoreError): StoreError {
  return new StoreError(refusal.code, visible(`cannot add ${file}: ${refusal.message}`), { cause: refusal });
}

/** Decodes the assertion files. A snap or an archive in a folder is ignored: it is for another command. */
async function decodeAll(
  given: ClassifiedFiles,
  refused: Map<string, StoreError>,
  filter: AckFilter | undefined,
): Promise<DecodedFile[]> {
  const budget = new ImportBudget();
  const decoded: DecodedFile[] = [];
  for (const { shown, path, kind, isNamed } of given.files) {
    if (kind !== 'assertions' && !isNamed) continue;
    try {
      decoded.push({ file: shown, assertions: decodeWithin(await readAssertionFile(path), budget, filter) });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      refused.set(shown, error);
    }
  }
  return decoded;
}

/** @throws StoreError `too-large` if the assertions exceed the memory limit of an import */
function decodeWithin(bytes: Buffer, budget: ImportBudget, filter: AckFilter | undefined): Assertion[] {
  const decoded: Assertion[] = [];
  for (const assertion of eachAssertionOf(bytes)) {
    budget.hold(assertionCost(assertion));
    if (filter && !filter.accepts(assertion))
      throw new StoreError(
        'invalid-assertion',
        `it contains a ${assertion.type.name}; this command accepts ${filter.kinds}`,
      );
    decoded.push(assertion);
  }
  return decoded;
}

function reference({ type, primaryKey, assertionRevision }: Assertion): string {
  return [type.name, ...primaryKey, assertionRevision].join('/');
}
