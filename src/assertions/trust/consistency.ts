import { DEFAULT_PROVENANCE, SERIES } from '../../common/domain/words.js';
import type { Assertion } from '../format/assertion.js';
import { headerText } from '../format/header-text.js';
import type { AssertionLookup } from './assertion-lookup.js';
import { refusal } from './refusal.js';
import { mayVouch } from './revision-authority.js';
import type { TrustedRoots } from './trusted-roots.js';

/** What a consistency rule can read: the roots, and everything verified so far. */
export interface ConsistencyContext {
  readonly roots: TrustedRoots;
  readonly known: AssertionLookup;
}

type Rule = (assertion: Assertion, context: ConsistencyContext) => Promise<void> | void;

const byTrustedAccount: Rule = (assertion, { roots }) => {
  if (!roots.isTrustedAccount(assertion.authorityId))
    throw refusal(assertion, `${assertion.authorityId} is not a trusted authority`);
};

const accountKey: Rule = async (assertion, context) => {
  await byTrustedAccount(assertion, context);
  const name = headerText(assertion, 'name');
  const named =
    name === '' ? [] : await context.known.findAccountKeysNamed(headerText(assertion, 'account-id'), name);
  const other = named.find(({ primaryKey }) => primaryKey[0] !== assertion.primaryKey[0]);
  if (other)
    throw refusal(
      assertion,
      `account ${headerText(assertion, 'account-id')} has another key named ${JSON.stringify(name)}: ${other.primaryKey[0]}`,
    );
};

/**
 * The default provenance must be signed by a trusted account; any other by an account that the declaration
 * names.
 */
function vouched(revisionHeader: string): Rule {
  return async (assertion, context) => {
    const provenance = assertion.primaryKey.at(-1) ?? DEFAULT_PROVENANCE;
    if (provenance === DEFAULT_PROVENANCE) return await byTrustedAccount(assertion, context);
    const declaration = await context.known.find('snap-declaration', [
      SERIES,
      headerText(assertion, 'snap-id'),
    ]);
    const revision = Number(headerText(assertion, revisionHeader));
    if (!declaration || !mayVouch(declaration, assertion.authorityId, provenance, revision)) {
      throw refusal(
        assertion,
        `the snap-declaration does not authorize ${assertion.authorityId} to sign revision ${revision} with provenance ${JSON.stringify(provenance)}`,
      );
    }
  };
}

const snapDeveloper: Rule = (assertion, { roots }) => {
  const publisher = headerText(assertion, 'publisher-id');
  if (assertion.authorityId !== publisher && !roots.isTrustedAccount(assertion.authorityId))
    throw refusal(assertion, `its authority is neither trusted nor the publisher ${publisher}`);
};

const validation: Rule = async (assertion, { known }) => {
  const gating = await known.find('snap-declaration', [
    headerText(assertion, 'series'),
    headerText(assertion, 'snap-id'),
  ]);
  if (gating && headerText(gating, 'publisher-id') !== assertion.authorityId)
    throw refusal(assertion, 'its authority is not the publisher of the gating snap');
};

const serial: Rule = async (assertion, { known }) => {
  const [brand = '', model = ''] = assertion.primaryKey;
  if (assertion.authorityId === brand) return;
  const found = await known.find('model', [SERIES, brand, model]);
  const authorities = found?.headers['serial-authority'];
  if (!Array.isArray(authorities) || !authorities.includes(assertion.authorityId))
    throw refusal(assertion, `${assertion.authorityId} may not sign serials of ${brand}/${model}`);
};

/** By type. Other types have no rule beyond their prerequisites. */
const RULES: Readonly<Record<string, Rule>> = {
  account: byTrustedAccount,
  'account-key': accountKey,
  'base-declaration': byTrustedAccount,
  'snap-declaration': byTrustedAccount,
  'snap-revision': vouched('snap-revision'),
  'snap-resource-revision': vouched('resource-revision'),
  'snap-resource-pair': vouched('snap-revision'),
  'snap-developer': snapDeveloper,
  store: byTrustedAccount,
  validation,
  serial,
};

/**
 * Checks an assertion against its prerequisites, which are known to exist.
 *
 * @throws StoreError `invalid-assertion` if they contradict each other
 * @see snapcore/snapd: asserts, the checkConsistency methods
 */
export async function checkConsistency(assertion: Assertion, context: ConsistencyContext): Promise<void> {
  await RULES[assertion.type.name]?.(assertion, context);
}
