import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { StoreError } from '../../common/errors.js';
import type { PackedFile } from './program-files.js';

/** The architectures of `--arch`, as Debian and Ubuntu name them. */
export const ARCHITECTURES = ['amd64', 'arm64'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

const NODE_NAMES: Readonly<Record<Architecture, string>> = { amd64: 'x64', arm64: 'arm64' };
/** ELF: `e_machine`, at byte 18, little-endian. */
const ELF_MACHINES: Readonly<Record<Architecture, number>> = { amd64: 62, arm64: 183 };
const ELF_MAGIC = Buffer.from('\x7fELF\x02\x01', 'latin1');
const ELF_HEADER_BYTES = 20;
/** Libraries that every Debian has. The C library must be the machine's own, because versions cannot be mixed. */
const SYSTEM_LIBRARY =
  /^(?:linux-vdso|ld-linux[-\w]*|libc|libm|libdl|libpthread|librt|libresolv|libstdc\+\+|libgcc_s)\.so(?:\.\d+)*$/;

/** Returns Node's name of an architecture. */
export function nodeArchitecture(architecture: Architecture): string {
  return NODE_NAMES[architecture];
}

/** @throws StoreError `invalid-request` if there is no package for it */
export function parseNodeArchitecture(text: string): Architecture {
  const found = ARCHITECTURES.find((architecture) => architecture === text);
  if (found) return found;
  throw new StoreError(
    'invalid-request',
    `cannot make an install package for ${JSON.stringify(text)}: give ${ARCHITECTURES.join(' or ')}`,
  );
}

/** This machine's architecture. */
export function ownArchitecture(): Architecture {
  return parseNodeArchitecture(
    ARCHITECTURES.find((name) => NODE_NAMES[name] === process.arch) ?? process.arch,
  );
}

function refused(path: string, why: string, cause?: unknown): StoreError {
  return new StoreError('invalid-request', `cannot put ${path} into the install package: ${why}`, { cause });
}

/** `node` itself, or a folder as Node's own archives unpack to: `bin/node` in it. */
function runtimeFile(path: string): string {
  const choices = [join(path, 'bin/node'), join(path, 'node'), path];
  const found = choices.find((choice) => existsSync(choice) && statSync(choice).isFile());
  if (found !== undefined) return realpathSync(found);
  throw refused(path, 'it is neither a Node program nor a folder with bin/node in it');
}

function checkMachine(path: string, architecture: Architecture): void {
  const header = Buffer.alloc(ELF_HEADER_BYTES);
  const file = openSync(path, 'r');
  try {
    readSync(file, header, 0, header.length, 0);
  } finally {
    closeSync(file);
  }
  if (!header.subarray(0, ELF_MAGIC.length).equals(ELF_MAGIC))
    throw refused(path, 'it is not a Linux program');
  if (header.readUInt16LE(18) !== ELF_MACHINES[architecture])
    throw refused(path, `it is not a program for ${architecture}`);
}

/** @returns the libraries that a program needs and that are not on every machine */
function furtherLibraries(path: string): PackedFile[] {
  const asked = spawnSync('ldd', [path], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  });
  if (asked.status !== 0) {
    if (`${asked.stdout}${asked.stderr}`.includes('not a dynamic executable')) return [];
    throw refused(
      path,
      `cannot tell which libraries it needs: ${asked.error?.message ?? asked.stderr.trim()}`,
    );
  }
  return asked.stdout.split('\n').flatMap((line) => {
    const [name = '', , library = ''] = line.trim().split(/\s+/);
    if (name === '' || SYSTEM_LIBRARY.test(basename(name))) return [];
    if (!library.startsWith('/')) throw refused(path, `it needs ${name}, which is not on this machine`);
    return [{ name: `node/lib/${basename(name)}`, path: realpathSync(library) }];
  });
}

function licenceOf(path: string): PackedFile[] {
  const folder = dirname(path);
  const found = [join(folder, '../LICENSE'), join(folder, 'LICENSE')].find((choice) => existsSync(choice));
  return found === undefined ? [] : [{ name: 'node/LICENSE', path: found }];
}

/**
 * The Node that the build has fetched for install packages, if it did: `npm ci` in `packaging/runtime`, whose lock
 * pins version and content. It is separate from the program's own packages, because its command is called `node` and
 * would run every npm script.
 *
 * @param root - the program's folder
 */
export function fetchedRuntime(root: string, architecture: Architecture): string | undefined {
  const folder = join(root, 'packaging/runtime/node_modules', `node-linux-${NODE_NAMES[architecture]}`);
  return existsSync(join(folder, 'bin/node')) ? folder : undefined;
}

/**
 * The Node runtime of an install package: one program, and its own libraries if it needs any.
 *
 * @param path - a Node program, or a folder with `bin/node`; by default the running one
 * @throws StoreError `invalid-request` if it is for another architecture or incomplete
 */
export function nodeRuntimeFiles(architecture: Architecture, path?: string): PackedFile[] {
  const own = ownArchitecture();
  if (path === undefined && architecture !== own) {
    throw new StoreError(
      'invalid-request',
      `cannot make an install package for ${architecture} with the Node of this machine, which is ${own}: give --node-runtime, the folder of a Node for ${architecture}`,
    );
  }
  const program = runtimeFile(path ?? process.execPath);
  checkMachine(program, architecture);
  // The needs of a program for another machine cannot be checked here; Node's own archives need no other libraries.
  const libraries = architecture === own ? furtherLibraries(program) : [];
  return [{ name: 'node/bin/node', path: program }, ...libraries, ...licenceOf(program)];
}
