import type { Assertion } from '../assertion.js';
import {
  HeaderError,
  readMatching,
  readNumber,
  readOptionalBoolean,
  readTexts,
  readTime,
} from '../header-checks.js';
import { checkAuthorityIsBrand } from './model.js';
import { checkSnapName } from './patterns.js';

const ONE_LINE = /^[^\n\r]+$/;
const MODE = /^(?:run|recover)$/;
/** Bases of systems without modes. */
const WITHOUT_MODES = ['core', 'core16', 'core18'];

/** @see snapcore/snapd: asserts/repair.go, assembleRepair */
export function checkRepair(assertion: Assertion): void {
  const { headers } = assertion;
  checkAuthorityIsBrand(assertion);
  readNumber(headers, 'repair-id', 1);
  readMatching(headers, 'summary', ONE_LINE);
  for (const name of ['series', 'models', 'architectures']) readTexts(headers, name);
  const modes = readTexts(headers, 'modes', MODE);
  const bases = readTexts(headers, 'bases');
  for (const base of bases) checkSnapName(base, 'header "bases": snap name');
  if (modes.length > 0 && bases.some((base) => WITHOUT_MODES.includes(base)))
    throw new HeaderError('header "modes" is not allowed if "bases" has a base of systems without modes');
  readOptionalBoolean(headers, 'disabled');
  readTime(headers, 'timestamp');
}
