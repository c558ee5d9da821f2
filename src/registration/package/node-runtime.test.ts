import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  fetchedRuntime,
  nodeRuntimeFiles,
  ownArchitecture,
  parseNodeArchitecture,
  type Architecture,
} from './node-runtime.js';

const own = ownArchitecture();
const other: Architecture = own === 'amd64' ? 'arm64' : 'amd64';
let folder: string;

/** The start of a Linux program. Of a program for another machine, only this is read. */
function program(name: string, machine: number): string {
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(machine, 18);
  const path = join(folder, name);
  writeFileSync(path, header);
  chmodSync(path, 0o755);
  return path;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'node-runtime-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the runtime of a package', () => {
  it('is the running Node with the libraries that it needs, without the C library', () => {
    const files = nodeRuntimeFiles(own);
    expect(files[0]).toEqual({ name: 'node/bin/node', path: process.execPath });
    for (const { name } of files) expect(name).not.toMatch(/\/(?:libc|libm|ld-linux.*)\.so/);
  });

  it('is the one that the build has fetched, if there is one', () => {
    expect(fetchedRuntime(folder, own)).toBeUndefined();
    const fetched = join(folder, `packaging/runtime/node_modules/node-linux-${process.arch}`);
    mkdirSync(join(fetched, 'bin'), { recursive: true });
    writeFileSync(join(fetched, 'bin/node'), '');
    expect(fetchedRuntime(folder, own)).toBe(fetched);
    expect(fetchedRuntime(folder, other)).toBeUndefined();
  });

  it('may be the folder of a Node for another machine', () => {
    mkdirSync(join(folder, 'other/bin'), { recursive: true });
    const node = program('other/bin/node', other === 'arm64' ? 183 : 62);
    writeFileSync(join(folder, 'other/LICENSE'), 'text');
    expect(nodeRuntimeFiles(other, join(folder, 'other'))).toEqual([
      { name: 'node/bin/node', path: node },
      { name: 'node/LICENSE', path: join(folder, 'other/bin/../LICENSE').replace('bin/../', '') },
    ]);
  });

  it('contains the libraries that are not on every machine', () => {
    // tar represents a Node that is linked with its own libraries.
    const names = nodeRuntimeFiles(own, '/bin/tar').map(({ name }) => name);
    expect(names).toContain('node/lib/libacl.so.1');
    expect(names).not.toContain('node/lib/libc.so.6');
  });

  it.each([
    [
      'another machine and no runtime',
      () => nodeRuntimeFiles(other),
      'give --node-runtime, the folder of a Node for',
    ],
    [
      'a runtime of this machine for another',
      () => nodeRuntimeFiles(other, process.execPath),
      `it is not a program for ${other}`,
    ],
    [
      'a folder without one',
      () => nodeRuntimeFiles(own, tmpdir()),
      'it is neither a Node program nor a folder',
    ],
    [
      'a path that does not exist',
      () => nodeRuntimeFiles(own, '/nowhere'),
      'it is neither a Node program nor a folder',
    ],
    ['a script', () => nodeRuntimeFiles(own, import.meta.filename), 'it is not a Linux program'],
    [
      'an unknown architecture',
      () => parseNodeArchitecture('s390x'),
      'cannot make an install package for "s390x": give amd64 or arm64',
    ],
  ])('is refused for %s', (_what, make, message) => expect(make).toThrow(message));
});
