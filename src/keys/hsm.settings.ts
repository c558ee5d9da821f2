import { isAbsolute } from 'node:path';
import { StoreError } from '../common/errors.js';
import type { Setting } from '../settings/setting.js';

/** Longest label of a token: PKCS#11, CK_TOKEN_INFO. */
const MAX_LABEL_BYTES = 32;

/** SoftHSM accepts 255 bytes, hardware fewer. */
const MAX_PIN_BYTES = 255;

const PRINTABLE = /^[^\p{C}]+$/u;

function textSetting(
  key: string,
  maxBytes: number,
  words: Pick<Setting<string>, 'description' | 'secret'>,
): Setting<string> {
  return {
    key,
    scope: 'shared',
    ...words,
    parse(text) {
      if (PRINTABLE.test(text) && Buffer.byteLength(text) <= maxBytes) return text;
      throw new StoreError(
        'invalid-setting',
        `cannot set ${key}: give up to ${maxBytes} bytes of printable text`,
      );
    },
  };
}

/** The PKCS#11 token in which signing keys are generated. */
export const HSM_TOKEN_LABEL = textSetting('proxy.hsm.token-label', MAX_LABEL_BYTES, {
  description: 'label of the PKCS#11 token in which `create key --token` generates keys',
});

export const HSM_TOKEN_PIN = textSetting('proxy.hsm.token-pin', MAX_PIN_BYTES, {
  description: "the token's user PIN",
  secret: true,
});

/** Set for each unit: the path of its library for the token. */
export const HSM_MODULE: Setting<string> = {
  key: 'proxy.hsm.module',
  scope: 'unit',
  description: 'absolute path of the PKCS#11 module of the token',
  parse(text) {
    if (isAbsolute(text) && PRINTABLE.test(text)) return text;
    throw new StoreError(
      'invalid-setting',
      `cannot set ${HSM_MODULE.key} to ${JSON.stringify(text.slice(0, 80))}: give an absolute path`,
    );
  },
};
