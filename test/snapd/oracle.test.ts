import { beforeAll, describe, expect, it } from 'vitest';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { DIFFERENCES } from './oracle-cases/differences.js';
import { authorityCases, signatureCases, streamCases } from './oracle-cases/malformed-bytes.js';
import { MALFORMED_GRAMMAR, ODD_BUT_GOOD, type EditedRow } from './oracle-cases/malformed-grammar.js';
import { MALFORMED_TYPES } from './oracle-cases/malformed-types.js';
import { judge } from './oracle-cases/our-verdict.js';
import { signContent } from './oracle-cases/signer.js';
import { validAssertions } from './oracle-cases/valid.js';
import { type SignedWith, World } from './oracle-cases/world.js';
import { type Verdict, askOracle } from './oracle-client.js';

const world = new World();
const valid = validAssertions(world);

function validOf(name: string): SignedWith {
  const found = valid.get(name);
  if (!found) throw new Error(`no good assertion is called ${name}`);
  return found;
}

/** A good assertion with other headers, signed as it then stands. */
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
  ...MALFORMED_GRAMMAR.map(edited),
  ...MALFORMED_TYPES.map(edited),
  ...bytes.filter((one) => !one.good),
];
const different = DIFFERENCES.map(({ row, ...sides }) => ({ ...edited(row), ...sides }));

let verdicts: ReadonlyMap<string, Verdict>;

beforeAll(async () => {
  const known = encodeStream(world.known);
  const cases = [...good, ...malformed, ...different].map(({ name, subject }) => ({ name, known, subject }));
  verdicts = await askOracle(encodeStream(world.trusted), cases);
  expect(verdicts.size).toBe(cases.length);
});

describe('snapd and the store both accept', () => {
  it.each(good)('$name', async ({ name, subject }) => {
    const ours = await judge(world, subject);
    const verdict = verdicts.get(name);
    expect({ snapd: verdict?.error, store: ours.error }).toEqual({ snapd: '', store: '' });
    expect(verdict?.decoded).toEqual(
      ours.decoded.map(({ type, primaryKey, assertionRevision, format }) => ({
        type: type.name,
        primaryKey,
        revision: assertionRevision,
        format,
      })),
    );
  });
});

describe('snapd and the store both refuse', () => {
  it.each(malformed)('$name', async ({ name, subject }) => {
    const { error } = await judge(world, subject);
    expect({ snapd: verdicts.get(name)?.error, store: error }).toEqual({
      snapd: expect.stringMatching(/./),
      store: expect.stringMatching(/^cannot /),
    });
  });
});

describe('the store differs from snapd 2.57.6 on purpose', () => {
  it.each(different)('$name', async ({ name, subject, snapd, store }) => {
    const { error } = await judge(world, subject);
    expect({ snapd: verdicts.get(name)?.error ?? '', store: error }).toEqual({
      snapd: snapd === 'accepts' ? '' : expect.stringMatching(/./),
      store: store === 'accepts' ? '' : expect.stringMatching(/^cannot /),
    });
  });
});
