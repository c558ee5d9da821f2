import { describe, expect, it } from 'vitest';
import { decodeCarriedSettings, encodeCarriedSettings } from './carried-settings.js';

describe('the settings that a package carries', () => {
  it.each([
    [{}],
    [{ 'proxy.port.http': '8080', 'proxy.bundle.require-signature': 'true' }],
    [{ 'proxy.trusted-assertions': 'type: account\n\nAcLB\n' }],
  ])('are read as they were written: %j', (settings) =>
    expect(Object.fromEntries(decodeCarriedSettings(encodeCarriedSettings(settings)))).toEqual(settings),
  );

  it.each([
    ['a: [', 'it is not YAML'],
    ['- a', 'it must map each key to a text'],
    ['text', 'it must map each key to a text'],
    ['proxy.airgap: "false"', '"proxy.airgap" is not a setting that an install package carries'],
    ['proxy.db.connection: "postgresql://x"', 'is not a setting that an install package carries'],
    ['proxy.port.http: 80', 'proxy.port.http is not a text'],
  ])('are refused as %j', (text, message) => expect(() => decodeCarriedSettings(text)).toThrow(message));
});
