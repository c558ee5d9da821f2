import { DEFAULT_PROVENANCE } from '../../common/domain/words.js';
import { StoreError } from '../../common/errors.js';
import type { AssertionType } from './assertion-type.js';
import type { Assertion, AssertionRef } from './assertion.js';
import { HeaderError } from './header-checks.js';
import { quote } from './quote.js';
import { checkAccountKey, checkAccountKeyRequest } from './types/account-key.js';
import { checkAccount } from './types/account.js';
import { checkCluster } from './types/cluster.js';
import { checkConfdbControl } from './types/confdb/confdb-control.js';
import { checkConfdbSchema } from './types/confdb/confdb-schema.js';
import { checkHardwareIdentity } from './types/hardware-identity.js';
import { checkRequestMessage, checkResponseMessage } from './types/messages.js';
import { checkModel } from './types/model.js';
import * as needs from './types/prerequisites.js';
import { checkPreseed } from './types/preseed.js';
import { checkRepair } from './types/repair.js';
import { checkSnapResourcePair, checkSnapResourceRevision } from './types/resources.js';
import { checkDeviceSessionRequest, checkSerial, checkSerialRequest } from './types/serial.js';
import { checkBaseDeclaration, checkSnapDeclaration } from './types/snap-declaration.js';
import { checkSnapBuild, checkSnapRevision } from './types/snap-revision.js';
import { checkStore } from './types/store.js';
import { checkSystemUser } from './types/system-user.js';
import { checkValidationSet } from './types/validation-set.js';
import { checkSnapDeveloper, checkValidation } from './types/validation.js';

type Check = (assertion: Assertion) => void;
type Traits = Partial<Omit<AssertionType, 'name' | 'primaryKey' | 'check'>>;

const NO_AUTHORITY: Traits = { noAuthority: true };
const SEQUENCE: Traits = { sequenceForming: true };
/** The only optional key. snapcore/snapd: snap/naming/validate.go, DefaultProvenance */
const PROVENANCE: Traits = { optionalKeyDefaults: { provenance: DEFAULT_PROVENANCE } };

/** Adds the assertion's name to an error in a header. */
function naming(check: Check): Check {
  return (assertion) => {
    try {
      check(assertion);
    } catch (error) {
      if (!(error instanceof HeaderError)) throw error;
      const { type, primaryKey } = assertion;
      const which = primaryKey.length === 0 ? '' : ` ${quote(primaryKey.join('/'))}`;
      throw new StoreError(
        'invalid-assertion',
        `cannot decode ${type.name} assertion${which}: ${error.message}`,
        { cause: error },
      );
    }
  };
}

function define(
  name: string,
  primaryKey: readonly string[],
  check: Check,
  traits: Traits = {},
): AssertionType {
  return {
    name,
    primaryKey,
    optionalKeyDefaults: {},
    maxFormat: 0,
    noAuthority: false,
    sequenceForming: false,
    prerequisites: () => [],
    ...traits,
    check: naming(check),
  };
}

const DEVICE = ['brand-id', 'model', 'serial'];

const TYPES: readonly AssertionType[] = [
  define('account', ['account-id'], checkAccount),
  define('account-key', ['public-key-sha3-384'], checkAccountKey, {
    maxFormat: 1,
    prerequisites: needs.account('account-id'),
  }),
  define('account-key-request', ['public-key-sha3-384'], checkAccountKeyRequest, {
    ...NO_AUTHORITY,
    prerequisites: needs.account('account-id'),
  }),
  define('base-declaration', ['series'], checkBaseDeclaration),
  define('snap-declaration', ['series', 'snap-id'], checkSnapDeclaration, {
    maxFormat: 7,
    prerequisites: needs.account('publisher-id'),
  }),
  define('snap-build', ['snap-sha3-384'], checkSnapBuild),
  define('snap-revision', ['snap-sha3-384', 'provenance'], checkSnapRevision, {
    ...PROVENANCE,
    prerequisites: needs.declarationAndDeveloper,
  }),
  define('snap-developer', ['snap-id', 'publisher-id'], checkSnapDeveloper, {
    prerequisites: needs.snapDeveloper,
  }),
  define('validation', ['series', 'snap-id', 'approved-snap-id', 'approved-snap-revision'], checkValidation, {
    prerequisites: needs.validation,
  }),
  define('validation-set', ['series', 'account-id', 'name', 'sequence'], checkValidationSet, SEQUENCE),
  define('store', ['store'], checkStore, { prerequisites: needs.account('operator-id') }),
  define('model', ['series', 'brand-id', 'model'], checkModel),
  define('serial', DEVICE, checkSerial, { prerequisites: needs.serial }),
  define('serial-request', [], checkSerialRequest, NO_AUTHORITY),
  define('device-session-request', DEVICE, checkDeviceSessionRequest, NO_AUTHORITY),
  define('system-user', ['brand-id', 'email'], checkSystemUser, { maxFormat: 2 }),
  define('repair', ['brand-id', 'repair-id'], checkRepair, SEQUENCE),
  define('preseed', ['series', 'brand-id', 'model', 'system-label'], checkPreseed),
  define(
    'snap-resource-revision',
    ['snap-id', 'resource-name', 'resource-sha3-384', 'provenance'],
    checkSnapResourceRevision,
    { ...PROVENANCE, prerequisites: needs.declarationAndDeveloper },
  ),
  define(
    'snap-resource-pair',
    ['snap-id', 'resource-name', 'resource-revision', 'snap-revision', 'provenance'],
    checkSnapResourcePair,
    { ...PROVENANCE, prerequisites: needs.declarationAndDeveloper },
  ),
  define('confdb-schema', ['account-id', 'name'], checkConfdbSchema),
  define('confdb-control', DEVICE, checkConfdbControl, {
    ...NO_AUTHORITY,
    prerequisites: ({ primaryKey }): AssertionRef[] => [{ type: 'serial', primaryKey }],
  }),
  define('request-message', ['account-id', 'message-id'], checkRequestMessage),
  define('response-message', ['account-id', 'message-id', 'device'], checkResponseMessage, NO_AUTHORITY),
  define('cluster', ['cluster-id', 'sequence'], checkCluster, SEQUENCE),
  define('hardware-identity', ['issuer-id', 'hardware-id-key-sha3-384'], checkHardwareIdentity),
];

/**
 * All types of assertions, by name.
 *
 * @see snapcore/snapd: asserts/asserts.go, typeRegistry and maxSupportedFormat
 */
export const ASSERTION_TYPES: ReadonlyMap<string, AssertionType> = new Map(
  TYPES.map((type) => [type.name, type]),
);

/** @returns undefined for an unknown type */
export function assertionType(name: string): AssertionType | undefined {
  return ASSERTION_TYPES.get(name);
}
