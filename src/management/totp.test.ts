import { describe, expect, it } from 'vitest';
import { checkTotp, makeTotpSecret, totpCode, totpStep, totpUri } from './totp.js';

/** "12345678901234567890", the secret of RFC 6238, appendix B, in Base32. */
const RFC_SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

it.each([
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
])('at %d seconds the code is that of RFC 6238, appendix B: %s', (seconds, code) =>
  expect(totpCode(RFC_SECRET, totpStep(seconds * 1_000))).toBe(code),
);

it('makes secrets of 160 bits, each another one', () => {
  const secret = makeTotpSecret();
  expect(secret).toMatch(/^[A-Z2-7]{32}$/);
  expect(makeTotpSecret()).not.toBe(secret);
  expect(totpUri(secret, 'jo@x.example', 'acme store')).toBe(
    `otpauth://totp/acme%20store:jo%40x.example?secret=${secret}&issuer=acme%20store&algorithm=SHA1&digits=6&period=30`,
  );
});

describe('a code', () => {
  const NOW = 1_000_000_000_000;
  const step = totpStep(NOW);
  it.each([
    [-2, undefined],
    [-1, step - 1],
    [0, step],
    [1, step + 1],
    [2, undefined],
  ])('%d steps away is taken where clocks may differ so much', (away, expected) =>
    expect(checkTotp(RFC_SECRET, totpCode(RFC_SECRET, step + away), 0, NOW)).toBe(expected),
  );

  it('counts once', () => {
    const code = totpCode(RFC_SECRET, step);
    expect(checkTotp(RFC_SECRET, code, step - 1, NOW)).toBe(step);
    expect(checkTotp(RFC_SECRET, code, step, NOW)).toBeUndefined();
  });

  it.each(['', '12345', '1234567', 'abcdef', '１２３４５６'])('is not %j', (code) =>
    expect(checkTotp(RFC_SECRET, code, 0, NOW)).toBeUndefined(),
  );

  it('may have a blank in it', () => {
    const code = totpCode(RFC_SECRET, step);
    expect(checkTotp(RFC_SECRET, `${code.slice(0, 3)} ${code.slice(3)}`, 0, NOW)).toBe(step);
  });
});
