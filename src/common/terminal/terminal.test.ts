import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

const SOURCES = resolve(import.meta.dirname, '../..');

/** Only one file writes to the terminal, so that untrusted strings are always made visible. */
const WRITERS = new Set([
  'common/terminal/terminal.ts',
  // A separate program, whose output this one reads.
  'deltas/output-digest.child.ts',
]);

it('only terminal.ts writes to the terminal', () => {
  const writing = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .filter((name) =>
      /\bconsole\s*\.|process\s*\.\s*std(?:out|err)\b(?!\.(?:fd|isTTY|on\())|(?:'|")cli-(?:progress|table3)/.test(
        readFileSync(join(SOURCES, name), 'utf8'),
      ),
    );
  expect(new Set(writing)).toEqual(WRITERS);
});
