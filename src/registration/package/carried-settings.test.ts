import { describe, expect, it } from 'vitest';
import { decodeCarriedSettings, encodeCarriedSettings } from './carried-settings.js';

describe('the settings in a package', () => {
  it.each([
    [{}],
    [{ 'proxy.port.http': '8080', 'proxy.bundle.require-signature': 'true' }],
    [{ 'proxy.trusted-assertions': 'type: account\n\nAcLB\n' }],
  ])('are read unchanged: %j', (settings) =>
    expect(Object.fromEntries(decodeCarriedSettings(encodeCarriedSettings(settings)))).toEqual(settings),
  );

  it.each([
    ['a: [', 'it is not YAML'],
    ['- a', 'it must map each key to a string'],
    ['text', 'it must map each key to a string'],
    ['proxy.airgap: "false"', '"proxy.airgap" is not a setting that an install package may contain'],
    ['proxy.db.connection: "postgresql://x"', 'is not a setting that an install package may contain'],
    ['proxy.port.http: 80', 'proxy.port.http is not a string'],
  ])('are refused as %j', (text, message) => expect(() => decodeCarriedSettings(text)).toThrow(message));
});
