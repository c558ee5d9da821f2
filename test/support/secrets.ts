import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isWrappedSetting, settingPlace } from '../../src/secrets/secret-places.js';
import {
  openSecret,
  parseSecretsKeys,
  wrappingKeyId,
  wrapSecret,
  type SecretsKey,
} from '../../src/secrets/secrets-key.js';

function keysOf(dataDir: string): SecretsKey[] {
  const path = join(dataDir, 'secrets.key');
  return parseSecretsKeys(readFileSync(path, 'utf8'), path);
}

/** A setting in clear, as a unit reads it out of its row. */
export function openedSetting(dataDir: string, key: string, stored: string): string {
  if (!isWrappedSetting(key)) return stored;
  const wrappedBy = keysOf(dataDir).find(({ id }) => id === wrappingKeyId(stored));
  if (!wrappedBy) throw new Error(`the row of ${key} is not wrapped with a key of ${dataDir}`);
  return openSecret(wrappedBy, settingPlace(key), stored);
}

/** A setting as a unit would store it in its row. */
export function storedSetting(dataDir: string, key: string, clear: string): string {
  const [first] = keysOf(dataDir);
  if (!first) throw new Error(`${dataDir} has no secrets key`);
  return isWrappedSetting(key) ? wrapSecret(first, settingPlace(key), clear) : clear;
}
