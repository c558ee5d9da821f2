import { expect, it } from 'vitest';
import { realFiles } from '../../../test/support/real.js';
import { readFileSync } from 'node:fs';
import { decodeStream, encodeStream } from './stream.js';
import { decodeAssertion } from './decode.js';
import { decodePublicKey } from './keys.js';
import { verifySignature } from './verify.js';
it('real', () => {
  let n = 0,
    v = 0;
  const keys = new Map();
  const all = [];
  for (const f of [...realFiles('assertions', '.assert'), ...realFiles('streams', '.assert')]) {
    const b = readFileSync(f);
    if (/^type: (serial-request)/.test(b.toString())) continue;
    const s = decodeStream(b);
    expect(encodeStream(s).equals(b), f).toBe(true);
    if (s.length === 1) expect(decodeAssertion(b).bytes.equals(b)).toBe(true);
    for (const a of s) {
      n++;
      all.push(a);
      if (a.type.name === 'account-key') {
        const k = decodePublicKey(a.body);
        expect(k.id).toBe(a.primaryKey[0]);
        expect(k.encoded.equals(a.body)).toBe(true);
        keys.set(k.id, k.keyObject);
      }
    }
  }
  for (const a of all) {
    const k = keys.get(a.signKeyId);
    if (k) {
      verifySignature(a, k);
      v++;
    }
  }
  console.log(n, v);
});
