import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Assertion } from '../../src/assertions/format/assertion.js';
import { ASSERTION_TYPES } from '../../src/assertions/format/registry.js';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { everyKeptType, gatedDeclaration, PROVENANCE } from '../support/every-type.js';
import { TestStoreStack } from '../support/store-stack.js';
import { Acme, STORE_ID } from './acme.js';
import { SnapdDevice } from './device.js';
import { IS_DEBIANS } from './programs.js';

/** The types that release 2.57.6 does not know. */
const NEWER_TYPES = [
  'snap-resource-revision',
  'snap-resource-pair',
  'confdb-schema',
  'confdb-control',
  'request-message',
  'cluster',
  'hardware-identity',
];

const brand = new TestStoreStack({ authorityId: 'acme-brand', hasOneKey: true });
const made = everyKeptType(brand);
const known = [...made].filter(([name]) => !NEWER_TYPES.includes(name)).map(([, make]) => make());
const newer = [...made].filter(([name]) => NEWER_TYPES.includes(name)).map(([, make]) => make());

function madeWith(type: string, headers: Record<string, string>): Assertion {
  const assertion = made.get(type)?.(headers);
  if (!assertion) throw new Error(`no ${type} is made here`);
  return assertion;
}

const others = {
  revisionOfProvenance: madeWith('snap-revision', { provenance: PROVENANCE }),
  secondPoint: madeWith('validation-set', { sequence: '2' }),
  secondRepair: madeWith('repair', { 'repair-id': '2' }),
  /** The newest format that release 2.57.6 reads, and one that it does not. */
  declarationOfFormat5: madeWith('snap-declaration', { revision: '5', format: '5' }),
  declarationOfFormat6: madeWith('snap-declaration', { revision: '6', format: '6' }),
};

let acme: Acme;
let device: SnapdDevice;
let folder: string;

beforeAll(async () => {
  acme = await Acme.register(brand.trusted());
  folder = await acme.emptyFolder('known');
  await ack(gatedDeclaration(brand), ...known, ...newer);
  for (const assertion of Object.values(others)) await ack(assertion);
  await acme.store.serve();
  device = await SnapdDevice.start(acme.trustedRoots);
  await device.snap('ack', await acme.storeAssertions());
  await device.snap('set', 'system', `proxy.store=${STORE_ID}`);
});

afterAll(async () => {
  await device?.stop();
  await acme?.stop();
});

async function ack(...assertions: readonly Assertion[]): Promise<void> {
  const path = join(folder, 'some.assert');
  await writeFile(path, encodeStream(assertions));
  await acme.store.run('ack', path);
}

/** The arguments that name an assertion by every header of its primary key that is not the default. */
function wordsOf({ type, primaryKey }: Assertion): string[] {
  const named = type.primaryKey.flatMap((header, index) => {
    const value = primaryKey[index] ?? '';
    return type.optionalKeyDefaults[header] === value ? [] : [`${header}=${value}`];
  });
  return [type.name, ...named];
}

type Ask = (...words: string[]) => Promise<{ status: number; stdout: string; stderr: string }>;

/** The result of `snap` if the store does not have the assertion; the daemon answers an empty list. */
const DOORS: readonly (readonly [option: string, ask: Ask, missing: { status: number; says: RegExp }])[] = [
  [
    '--remote',
    async (...words) => await device.run('known', '--remote', ...words),
    { status: 0, says: /^$/ },
  ],
  [
    '--direct',
    async (...words) => await device.snapByItself(acme.store.url, folder, 'known', '--direct', ...words),
    { status: 1, says: /not found/ },
  ],
];

describe.each(DOORS)('snap known %s', (_option, ask, missing) => {
  const expectKnown = async (words: readonly string[], { bytes }: Assertion) => {
    const { status, stdout, stderr } = await ask(...words);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe(bytes.toString());
  };

  it.each(
    known.filter(({ type }) => type.name !== 'snap-declaration').map((one) => [one.type.name, one] as const),
  )('%s', async (_name, assertion) => {
    await expectKnown(wordsOf(assertion), assertion);
  });

  it('snap-declaration, in the newest format that it reads', async () => {
    const newest = IS_DEBIANS ? others.declarationOfFormat5 : others.declarationOfFormat6;
    await expectKnown(wordsOf(others.declarationOfFormat6), newest);
  });

  it('a snap-revision by its provenance', async () => {
    await expectKnown(wordsOf(others.revisionOfProvenance), others.revisionOfProvenance);
  });

  it('the points of sequences', async () => {
    await expectKnown(wordsOf(others.secondPoint), others.secondPoint);
    await expectKnown(wordsOf(others.secondRepair), others.secondRepair);
  });

  it('the assertions of a brand and of the store itself', async () => {
    const { stack, account } = acme.publisher;
    for (const assertion of [...brand.trusted(), account, stack.storeAccountKey])
      await expectKnown(wordsOf(assertion), assertion);
  });

  it('a missing assertion is not found, which is not an error of the store', async () => {
    const { status, stdout, stderr } = await ask('account', 'account-id=nobody');
    expect({ status, stdout }).toEqual({ status: missing.status, stdout: '' });
    expect(stderr).toMatch(missing.says);
  });

  it.each(newer.map((one) => [one.type.name, one] as const))(
    '%s is of later releases',
    async (name, assertion) => {
      const { types } = (await device.ask('/v2/assertions')) as { types: string[] };
      expect(IS_DEBIANS && types.includes(name)).toBe(false);
      const { status, stdout, stderr } = await ask(...wordsOf(assertion));
      // An older release may know an earlier form of the type, and refuses this one by its name.
      if (types.includes(name) && status === 0)
        return expect([stdout, stderr]).toEqual([assertion.bytes.toString(), '']);
      expect(status).toBe(1);
      expect(stderr).toContain(name);
    },
  );
});

it('these are all types that a store stores', () => {
  const exchanged = ['serial-request', 'device-session-request', 'response-message'];
  expect([...made.keys(), ...exchanged].toSorted()).toEqual([...ASSERTION_TYPES.keys()].toSorted());
});
