import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findNpmPackage } from '../../database/embedded/npm-binaries.js';
import { EMBEDDED_LIBRARIES } from './embedded-libraries.js';

const found = findNpmPackage();
const reason = found ? undefined : 'npm has installed no PostgreSQL for this machine';
if (reason !== undefined) process.stdout.write(`skipped: libraries of the embedded PostgreSQL (${reason})\n`);

/** PostgreSQL's own libraries, and the data of ICU, which has no version. */
const OF_POSTGRESQL = /^lib(?:pq|ecpg|ecpg_compat|pgtypes|icudata)\.so/;

describe.skipIf(!found)('the libraries of the embedded PostgreSQL', () => {
  const lib = join(found?.root ?? '', 'native/lib');

  it.each(EMBEDDED_LIBRARIES)('$file is $name $version', ({ file, mark }) =>
    expect(readFileSync(join(lib, file)).includes(mark)).toBe(true),
  );

  it('are all listed', () => {
    const named = new Set(EMBEDDED_LIBRARIES.map(({ file }) => file));
    const unnamed = readdirSync(lib, { withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.includes('.so'))
      .map(({ name }) => name)
      .filter((name) => !named.has(name) && !OF_POSTGRESQL.test(name));
    expect(unnamed).toEqual([]);
    expect(existsSync(join(lib, 'libpq.so.5.18'))).toBe(true);
  });
});
