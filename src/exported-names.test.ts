import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';

const EXPORTED =
  /^export (?:abstract )?(?:async )?(?:function\*?|const|let|class|interface|type|enum) ([A-Za-z_$][\w$]*)/gm;

/** Names that two files export for a reason, with that reason. */
const JUSTIFIED: Readonly<Record<string, string>> = {};

it('no two files export things of one name', () => {
  const root = import.meta.dirname;
  const places = new Map<string, string[]>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/(?<!\.test)\.ts$/.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    // A function may be declared several times in one file, once for each form of its arguments.
    const names = new Set(Array.from(readFileSync(path, 'utf8').matchAll(EXPORTED), ([, name = '']) => name));
    for (const name of names) places.set(name, [...(places.get(name) ?? []), relative(root, path)]);
  }
  expect(places.size).toBeGreaterThan(1_000);
  const doubles = [...places].filter(([name, files]) => files.length > 1 && !(name in JUSTIFIED));
  expect(Object.fromEntries(doubles)).toEqual({});
});
