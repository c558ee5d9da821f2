import { describe, expect, it } from 'vitest';
import { isArchitecture, isRevision, isStoreId, MAX_INTEGER, MAX_STORE_ID_LENGTH } from './words.js';

describe('the name of an architecture', () => {
  it.each(['amd64', 'ppc64el', 'a', 'kfreebsd-amd64', 'all', 'a'.repeat(32)])('accepts %s', (name) =>
    expect(isArchitecture(name)).toBe(true),
  );

  it.each(['', '-a', 'AMD64', 'amd 64', 'amd64\n', 'a/b', 'a'.repeat(33)])('refuses %j', (name) =>
    expect(isArchitecture(name)).toBe(false),
  );
});

describe('the id of a store', () => {
  it.each(['a', 'A-1_b', 'ubuntu', 'a'.repeat(MAX_STORE_ID_LENGTH)])('accepts %s', (id) =>
    expect(isStoreId(id)).toBe(true),
  );

  it.each(['', 'a b', '../x', 'ä', 'a\n', 'a'.repeat(MAX_STORE_ID_LENGTH + 1)])('refuses %j', (id) =>
    expect(isStoreId(id)).toBe(false),
  );
});

describe('the number of a revision', () => {
  it.each(['1', '999999999', '1000000000', String(MAX_INTEGER)])('accepts %s', (text) =>
    expect(isRevision(text)).toBe(true),
  );

  it.each(['', '0', '01', '-1', '+1', '1.0', 'x1', '1 ', String(MAX_INTEGER + 1)])('refuses %j', (text) =>
    expect(isRevision(text)).toBe(false),
  );
});
