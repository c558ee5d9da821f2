import { describe, expect, it } from 'vitest';
import { HOSTILE_HEADERS } from '../../../test/support/hostile/hostile-headers.js';
import { HOSTILE_SCHEMAS } from '../../../test/support/hostile/hostile-schemas.js';
import { StoreError } from '../../common/errors.js';
import { decodeAssertion } from './decode.js';

/** The limit of CPU for one whole request, in milliseconds. Decoding one assertion must stay well below. */
const MAX_CPU_MS = 150;

/** CPU of this process for one decoding: the minimum of several, because the first ones include compilation. */
function cpuMs(bytes: Buffer): { spent: number; refusal: string } {
  let refusal = '';
  const rounds = Array.from({ length: 4 }, () => {
    const before = process.cpuUsage();
    try {
      decodeAssertion(bytes);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      refusal = error.message;
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  return { spent: Math.min(...rounds), refusal };
}

describe('the cost of decoding one assertion, whatever its content', () => {
  it.each([...HOSTILE_HEADERS, ...HOSTILE_SCHEMAS])('%s', (what, make) => {
    const { spent, refusal } = cpuMs(make());
    if (process.env['PRINT_COSTS'] === '1')
      process.stdout.write(`${spent.toFixed(1)} ms: ${what} (${refusal || 'accepted'})\n`);
    expect(spent).toBeLessThan(MAX_CPU_MS);
  });
});
