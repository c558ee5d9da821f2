import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Injectable } from '@nestjs/common';
import { AssertionsService } from '../assertions/assertions.service.js';
import type { Assertion } from '../assertions/format/assertion.js';
import { StoreError } from '../common/errors.js';
import { SignedChanges } from '../snaps/signed-changes.service.js';
import { eachAssertionOf } from './assertion-file.js';
import { assertionCost, ImportBudget } from './import-budget.js';
import { MAX_ASSERTION_FILE_BYTES } from './pair-input.js';

export interface Acknowledged {
  readonly assertion: Assertion;
  /** `false` where the store had it already. */
  readonly added: boolean;
}

/** Which assertions a command takes, and what it calls them. */
export interface AckFilter {
  readonly accepts: (assertion: Assertion) => boolean;
  readonly kinds: string;
}

/** Adds assertions that come alone, without a snap. */
@Injectable()
export class AckService {
  constructor(
    private readonly assertions: AssertionsService,
    private readonly changes: SignedChanges,
  ) {}

  /**
   * @returns each assertion of the file, in its order
   * @throws StoreError naming the file and the first assertion that cannot be believed; none is added then
   */
  async ack(path: string, filter?: AckFilter): Promise<Acknowledged[]> {
    try {
      const decoded = decodeWithin(await readAssertions(path));
      const unwanted = filter && decoded.find((assertion) => !filter.accepts(assertion));
      if (unwanted)
        throw new StoreError(
          'invalid-assertion',
          `it holds a ${unwanted.type.name}; this command takes ${filter.kinds}`,
        );
      const added = new Set(
        (await this.assertions.addAll(decoded, (tx, verified) => this.changes.apply(tx, verified))).map(
          reference,
        ),
      );
      return decoded.map((assertion) => ({ assertion, added: added.has(reference(assertion)) }));
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      throw new StoreError(error.code, `cannot add ${basename(path)}: ${error.message}`, { cause: error });
    }
  }
}

/** @throws StoreError `too-large` where they take more memory than an import may */
function decodeWithin(bytes: Buffer): Assertion[] {
  const budget = new ImportBudget();
  const decoded: Assertion[] = [];
  for (const assertion of eachAssertionOf(bytes)) {
    budget.hold(assertionCost(assertion));
    decoded.push(assertion);
  }
  return decoded;
}

function reference({ type, primaryKey, assertionRevision }: Assertion): string {
  return [type.name, ...primaryKey, assertionRevision].join('/');
}

async function readAssertions(path: string): Promise<Buffer> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new StoreError('invalid-request', error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
  if (bytes.length > MAX_ASSERTION_FILE_BYTES)
    throw new StoreError('too-large', `it is longer than ${MAX_ASSERTION_FILE_BYTES} bytes`);
  return bytes;
}
