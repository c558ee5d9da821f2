import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { run } from '../../support/program.js';

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/settings.md'), 'utf8');

it('docs/settings.md lists every setting of the program once, and no other', async () => {
  const { stdout } = await run(['--data', '/dev/null/data', 'config', '--help']);
  const known = [...stdout.matchAll(/^ {2}((?:proxy|internal)\.\S+) {2}/gm)].map(([, key]) => key);
  expect(known.length).toBeGreaterThan(30);
  const table = page.slice(page.indexOf('| key '), page.indexOf('belong to one machine'));
  const listed = [...table.matchAll(/^\| `((?:proxy|internal)\.[^`]+)` +\|/gm)].map(([, key]) => key);
  expect(listed.toSorted()).toEqual(known.toSorted());
});
