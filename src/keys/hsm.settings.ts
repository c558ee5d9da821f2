import { isAbsolute } from 'node:path';
import { StoreError } from '../common/errors.js';
import type { Setting } from '../settings/setting.js';

/** Longest label of a token: PKCS#11, CK_TOKEN_INFO. */
const MAX_LABEL_BYTES = 32;

/** SoftHSM takes 255, hardware less. */
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

/** The PKCS#11 token that signing keys are made in. */
export const HSM_TOKEN_LABEL = textSetting('proxy.hsm.token-label', MAX_LABEL_BYTES, {
  description: 'label of the PKCS#11 token that `create key --token` makes keys in',
});

export const HSM_TOKEN_PIN = textSetting('proxy.hsm.token-pin', MAX_PIN_BYTES, {
  description: "the token's user PIN",
  secret: true,
});

/** A unit's own: where its library of the token is. */
export const HSM_MODULE: Setting<string> = {
  key: 'proxy.hsm.module',
  scope: 'unit',
  description: 'absolute path of the PKCS#11 module that leads to the token',
  parse(text) {
    if (isAbsolute(text) && PRINTABLE.test(text)) return text;
    throw new StoreError(
      'invalid-setting',
      `cannot set ${HSM_MODULE.key} to ${JSON.stringify(text.slice(0, 80))}: give an absolute path`,
    );
  },
};
