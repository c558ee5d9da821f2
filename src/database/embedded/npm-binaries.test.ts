import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyPackage, findNpmPackage, linkLibraries } from './npm-binaries.js';
import { PROGRAM_ENVIRONMENT } from './program-environment.js';
import { serverAccount, spawnIdentity } from './server-account.js';

const installed = findNpmPackage();

describe.runIf(installed)('the npm package, if it is installed', () => {
  const { root: source = '', version = '' } = installed ?? {};
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'npm-binaries-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** The package as npm installs it without install scripts. */
  function unpackWithoutLinks(): string {
    const root = join(folder, 'closed', 'package');
    cpSync(join(source, 'native'), join(root, 'native'), { recursive: true, verbatimSymlinks: true });
    for (const entry of readdirSync(join(root, 'native/lib'), { withFileTypes: true })) {
      if (entry.isSymbolicLink()) rmSync(join(root, 'native/lib', entry.name));
    }
    return root;
  }

  const version18 = { status: 0, stdout: expect.stringContaining('(PostgreSQL) 18.') as string };

  it('runs after its library links were made, and not before', () => {
    const root = unpackWithoutLinks();
    const ask = () => spawnSync(join(root, 'native/bin/postgres'), ['--version'], { encoding: 'utf8' });
    expect(ask().status).not.toBe(0);
    linkLibraries(root);
    expect(ask()).toMatchObject(version18);
    linkLibraries(root);
    expect(ask()).toMatchObject(version18);
  });

  it("is copied once to a folder where the server's account can run it", () => {
    const root = unpackWithoutLinks();
    chmodSync(join(folder, 'closed'), 0o700);
    chmodSync(folder, 0o711);
    const account = serverAccount(join(folder, 'none'));
    const copy = copyPackage({ root, version }, folder, account);
    expect(copy).toBe(join(folder, `postgres-programs-${version}`));
    const asked = spawnSync(join(copy, 'native/bin/postgres'), ['--version'], {
      ...spawnIdentity(account),
      cwd: '/',
      env: PROGRAM_ENVIRONMENT,
      encoding: 'utf8',
    });
    expect(asked).toMatchObject(version18);
    const { ino } = statSync(copy);
    expect(copyPackage({ root, version }, folder, account)).toBe(copy);
    expect(statSync(copy).ino).toBe(ino);
    expect(readdirSync(folder).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'closed',
      `postgres-programs-${version}`,
    ]);
  });
});
