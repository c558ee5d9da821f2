import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { ASSERTION_TYPES } from '../../src/assertions/format/registry.js';
import { decodeStream, encodeStream } from '../../src/assertions/format/stream.js';
import { StoreError } from '../../src/common/errors.js';
import { realFiles } from '../support/real.js';
import { changedBytes } from './differential/changed-bytes.js';
import { changedHeaders } from './differential/changed-headers.js';
import { SchemaMaker } from './differential/changed-schemas.js';
import { Random } from './differential/random.js';
import { reasonFor } from './differential/reasons.js';
import { judge } from './oracle-cases/our-verdict.js';
import { signContent } from './oracle-cases/signer.js';
import { validNewer } from './oracle-cases/valid-newer.js';
import { validAssertions } from './oracle-cases/valid.js';
import { BRAND_ID, World } from './oracle-cases/world.js';
import { askForTypes, askInTurn, newerOracleProgram, type OracleCase } from './oracle-client.js';

/** `full` for the whole campaign (differential.sh); a short round otherwise. */
const IS_FULL = process.env['SNAPD_DIFFERENTIAL'] === 'full';
const SEED = Number(process.env['SNAPD_DIFFERENTIAL_SEED'] ?? 1);
/** Tests one in this many of the changed headers. */
const EVERY = IS_FULL ? 1 : 40;
const SCHEMAS = IS_FULL ? 30_000 : 1_000;
const SPOILT_FILES = IS_FULL ? 100_000 : 2_000;

const program = newerOracleProgram();
const world = new World();
const good = new Map([...validAssertions(world), ...validNewer(world)]);
const before = { trusted: encodeStream(world.trusted), known: encodeStream(world.known) };
const random = new Random(SEED);

interface Row {
  readonly what: string;
  readonly cases: number;
  readonly accepted: number;
  readonly differ: number;
  readonly reasons: ReadonlyMap<string, number>;
}

const table: Row[] = [];

if (!program)
  process.stdout.write(
    'skipped: differential.test.ts: no newer snapd was built; SNAPD_SOURCE=<its source> test/snapd/build-snapd.sh\n',
  );

afterAll(() => {
  for (const { what, cases, accepted, differ, reasons } of table) {
    process.stdout.write(`${what}: ${cases} cases, snapd accepts ${accepted}, ${differ} differ\n`);
    for (const [reason, count] of reasons) process.stdout.write(`  ${count} for a reason: ${reason}\n`);
  }
});

/** The store's verdict about a stream that is only decoded. */
function decodeAlone(subject: Buffer): string {
  try {
    decodeStream(subject);
    return '';
  } catch (error) {
    if (error instanceof StoreError) return error.message;
    throw error;
  }
}

/** @returns the differences without a known reason */
async function compare(what: string, cases: Iterable<OracleCase>): Promise<string[]> {
  const asked: OracleCase[] = [];
  const remembered = (function* () {
    for (const one of cases) {
      asked.push(one);
      yield one;
    }
  })();
  const reasons = new Map<string, number>();
  const faults: string[] = [];
  let accepted = 0;
  let count = 0;
  for await (const { name, error } of askInTurn(program ?? '', before, remembered)) {
    const one = asked.shift();
    if (one?.name !== name) throw new Error(`an answer about ${name}, and the question was ${one?.name}`);
    const ours = one.decodeOnly ? decodeAlone(one.subject) : (await judge(world, one.subject)).error;
    count += 1;
    if (error === '') accepted += 1;
    if ((error === '') === (ours === '')) continue;
    const reason = reasonFor(error === '', ours);
    if (reason) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    else
      faults.push(
        `${name}\n  snapd: ${error || 'accepted'}\n  store: ${ours || 'accepted'}\n${one.subject.toString('latin1').slice(0, 2_000)}`,
      );
  }
  const explained = [...reasons.values()].reduce((sum, one) => sum + one, 0);
  table.push({ what, cases: count, accepted, differ: faults.length + explained, reasons });
  return faults;
}

function* schemas(): Generator<OracleCase, void, void> {
  const maker = new SchemaMaker(random);
  for (let made = 0; made < SCHEMAS; made += 1) {
    const { head, body } = maker.make(BRAND_ID);
    const tail = Buffer.from(`\nsign-key-sha3-384: ${world.brand.keyId}\n\n${body}`);
    yield { name: `schema ${made}`, subject: signContent(Buffer.concat([head, tail]), world.brand) };
  }
}

describe.skipIf(!program)('the newest snapd and the store', () => {
  it('know the same types, with the same keys and formats', async () => {
    const ours = [...ASSERTION_TYPES.values()].map(({ name, primaryKey, maxFormat }) => [
      name,
      { primaryKey, maxFormat },
    ]);
    expect(Object.fromEntries(ours)).toEqual(await askForTypes(program ?? ''));
  });

  it('accept the same valid assertions', async () => {
    const cases = [...good].map(([name, { assertion }]) => ({ name, subject: encodeStream([assertion]) }));
    expect(await compare('good assertions', cases)).toEqual([]);
  });

  it('agree about valid assertions with one change', async () => {
    expect(await compare('one thing changed', changedHeaders(good, EVERY))).toEqual([]);
  });

  it('agree about generated confdb-schemas', async () => {
    expect(await compare('confdb-schemas', schemas())).toEqual([]);
  });

  it('agree about damaged files, including real ones if they are available', async () => {
    const real = [...realFiles('assertions', '.assert'), ...realFiles('streams', '.assert')].map((file) =>
      readFileSync(file),
    );
    const own = [...good.values()].map(({ assertion }) => encodeStream([assertion]));
    const files = [...real, ...own];
    expect(
      await compare(
        `spoilt files, made of ${real.length} real ones and ${own.length} of the tests`,
        changedBytes(files, SPOILT_FILES, random),
      ),
    ).toEqual([]);
  });
});
