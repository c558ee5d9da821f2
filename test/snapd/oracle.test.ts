import { beforeAll, describe, expect, it } from 'vitest';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { ONLY_SNAPD_ACCEPTS, ONLY_THE_STORE_ACCEPTS } from './oracle-cases/differences.js';
import { MALFORMED_ACCOUNTS } from './oracle-cases/malformed-accounts.js';
import {
  authorityCases,
  packetLengthCases,
  signatureCases,
  streamCases,
} from './oracle-cases/malformed-bytes.js';
import { MALFORMED_DEVICES } from './oracle-cases/malformed-devices.js';
import { MALFORMED_GRAMMAR } from './oracle-cases/malformed-grammar.js';
import { MALFORMED_MODELS } from './oracle-cases/malformed-models.js';
import { MALFORMED_SNAPS } from './oracle-cases/malformed-snaps.js';
import { MALFORMED_VALIDATIONS } from './oracle-cases/malformed-validations.js';
import { ODD_BUT_GOOD } from './oracle-cases/odd-but-good.js';
import { judge } from './oracle-cases/our-verdict.js';
import type { EditedRow } from './oracle-cases/rows.js';
import { signContent } from './oracle-cases/signer.js';
import { validAssertions } from './oracle-cases/valid.js';
import { World, type SignedWith } from './oracle-cases/world.js';
import { askOracle, newerOracleProgram, oracleProgram, type Verdict } from './oracle-client.js';

const world = new World();
const valid = validAssertions(world);

function validOf(name: string): SignedWith {
  const found = valid.get(name);
  if (!found) throw new Error(`no good assertion is called ${name}`);
  return found;
}

/** A valid assertion with other headers, signed after the change. */
function edited([name, of, edit]: EditedRow): { name: string; subject: Buffer } {
  const { assertion, signer } = validOf(of);
  const { content, body } = assertion;
  const headersEnd = body.length > 0 ? content.length - body.length - 2 : content.length;
  const headers = edit(`${content.subarray(0, headersEnd).toString()}\n`).replace(/\n$/, '');
  const rest = content.subarray(headersEnd);
  return { name, subject: signContent(Buffer.concat([Buffer.from(headers), rest]), signer) };
}

const bytes = [
  ...streamCases(validOf('account').assertion, validOf('repair').assertion),
  ...signatureCases(validOf('account'), world),
  ...authorityCases(world),
];
const good = [
  ...[...valid].map(([name, { assertion }]) => ({ name, subject: encodeStream([assertion]) })),
  ...ODD_BUT_GOOD.map(edited),
  ...bytes.filter((one) => one.good),
];
const malformed = [
  ...[
    ...MALFORMED_GRAMMAR,
    ...MALFORMED_ACCOUNTS,
    ...MALFORMED_SNAPS,
    ...MALFORMED_VALIDATIONS,
    ...MALFORMED_MODELS,
    ...MALFORMED_DEVICES,
  ].map(edited),
  ...bytes.filter((one) => !one.good),
];
const onlyOurs = ONLY_THE_STORE_ACCEPTS.map(edited);
const onlyTheirs = [...ONLY_SNAPD_ACCEPTS.map(edited), ...packetLengthCases(validOf('account'))];

/** Table rows: the title of a test, and its stream. */
function titled(cases: readonly { name: string; subject: Buffer }[]): [string, Buffer][] {
  return cases.map(({ name, subject }) => [name, subject]);
}

let verdicts: ReadonlyMap<string, Verdict>;
let newerVerdicts: ReadonlyMap<string, Verdict>;
const newerProgram = newerOracleProgram();

beforeAll(async () => {
  const cases = [...good, ...malformed, ...onlyOurs, ...onlyTheirs];
  const known = { trusted: encodeStream(world.trusted), known: encodeStream(world.known) };
  verdicts = await askOracle(oracleProgram(), known, cases);
  newerVerdicts = newerProgram ? await askOracle(newerProgram, known, cases) : new Map();
});

const ACCEPTED = '';
const SNAPD_REFUSAL: unknown = expect.stringMatching(/./);
const STORE_REFUSAL: unknown = expect.stringMatching(/^cannot /);

/** The reason why each side refuses, or that it accepts. */
async function bothSides(name: string, subject: Buffer): Promise<{ snapd: unknown; store: unknown }> {
  return { snapd: verdicts.get(name)?.error, store: (await judge(world, subject)).error };
}

describe('snapd and the store both accept', () => {
  it.each(titled(good))('%s', async (name, subject) => {
    expect(await bothSides(name, subject)).toEqual({ snapd: ACCEPTED, store: ACCEPTED });
    const { decoded } = await judge(world, subject);
    expect(verdicts.get(name)?.decoded).toEqual(
      decoded.map(({ type, primaryKey, assertionRevision, format }) => ({
        type: type.name,
        primaryKey,
        revision: assertionRevision,
        format,
      })),
    );
  });
});

describe('snapd and the store both refuse', () => {
  it.each(titled(malformed))('%s', async (name, subject) => {
    expect(await bothSides(name, subject)).toEqual({ snapd: SNAPD_REFUSAL, store: STORE_REFUSAL });
  });
});

describe('the store accepts assertions that this release of snapd does not know yet', () => {
  it.each(titled(onlyOurs))('%s', async (name, subject) => {
    expect(await bothSides(name, subject)).toEqual({ snapd: SNAPD_REFUSAL, store: ACCEPTED });
  });
});

describe('the store is stricter than snapd', () => {
  it.each(titled(onlyTheirs))('%s', async (name, subject) => {
    expect(await bothSides(name, subject)).toEqual({ snapd: ACCEPTED, store: STORE_REFUSAL });
  });
});

/** Built if `SNAPD_SOURCE` names its source. No table has assertions that it does not know yet. */
describe.skipIf(!newerProgram)('the newest snapd', () => {
  it.each(titled([...good, ...onlyOurs]))('accepts as the store does: %s', (name) =>
    expect(newerVerdicts.get(name)?.error).toBe(ACCEPTED),
  );

  it.each(titled(malformed))('refuses as the store does: %s', (name) =>
    expect(newerVerdicts.get(name)?.error).toEqual(SNAPD_REFUSAL),
  );
});
