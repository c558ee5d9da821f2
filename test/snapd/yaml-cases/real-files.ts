import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { fileAccess } from '../../../src/snap-files/squashfs/file-access.js';
import { openSquashfs } from '../../../src/snap-files/squashfs/squashfs.js';
import { MAX_YAML_BYTES } from '../../../src/snap-files/yaml-fields.js';
import { PROJECT } from '../programs.js';
import type { YamlCase } from './yaml-oracle.js';

const REAL_SNAPS = resolve(PROJECT, '../shared/real/snaps');
/** The source of Debian's snapd, with its own tests. */
const SNAPD = '/usr/share/gocode/src/github.com/snapcore/snapd';
const LITERAL = /`([^`]*)`/g;
const SNAP_YAML = /^[ \t]*name: /m;

/** The descriptions of real snaps, where the folder with them is there. */
async function ofSnaps(): Promise<YamlCase[]> {
  const cases: YamlCase[] = [];
  for (const name of existsSync(REAL_SNAPS) ? await readdir(REAL_SNAPS) : []) {
    const file = await open(join(REAL_SNAPS, name), 'r');
    try {
      const { size } = await file.stat();
      const image = await openSquashfs(fileAccess(file, size)).catch(() => undefined);
      const yaml = await image?.readFile('meta/snap.yaml', MAX_YAML_BYTES);
      if (yaml) cases.push({ name, yaml });
    } finally {
      await file.close();
    }
  }
  return cases;
}

function filesBelow(folder: string, suffix: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(suffix));
}

/** The descriptions that snapd's own tests are about, which people wrote by hand. */
function ofSnapdTests(): YamlCase[] {
  return filesBelow(SNAPD, '_test.go').flatMap((name) =>
    [...readFileSync(join(SNAPD, name), 'utf8').matchAll(LITERAL)]
      .map(([, text = '']) => text)
      .filter((text) => SNAP_YAML.test(text))
      .map((text, at) => ({ name: `${name} ${at}`, yaml: Buffer.from(text) })),
  );
}

/** The snap.yaml files in the source of a newer snapd, where `SNAPD_SOURCE` names it. */
function ofSnapdSource(): YamlCase[] {
  const source = process.env['SNAPD_SOURCE'];
  if (source === undefined) return [];
  return filesBelow(source, 'snap.yaml').map((name) => ({ name, yaml: readFileSync(join(source, name)) }));
}

/** Real files, each once. Nothing of them is kept in this project. */
export async function realFiles(): Promise<YamlCase[]> {
  const found = new Map<string, YamlCase>();
  for (const one of [...(await ofSnaps()), ...ofSnapdTests(), ...ofSnapdSource()])
    found.set(createHash('sha256').update(one.yaml).digest('hex'), one);
  return [...found.values()];
}
