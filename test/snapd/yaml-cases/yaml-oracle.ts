import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseSnapYaml, type SnapYaml } from '../../../src/snap-files/snap-yaml.js';
import { DEBIANS_PROGRAMS, requirePrepared } from '../programs.js';

/** A text that may be a snap.yaml. */
export interface YamlCase {
  readonly name: string;
  readonly yaml: Buffer;
}

/** What snapd's own reader says of it, or how go-yaml writes it. */
export interface YamlAnswer {
  readonly name: string;
  /** Empty where snapd takes it. */
  readonly refusedAt: '' | 'syntax' | 'type' | 'info' | 'validate' | 'panic';
  readonly error: string;
  readonly values?: Readonly<Record<string, unknown>>;
  /** In base64. */
  readonly renderings?: readonly string[];
}

/** The oracle of Debian's snapd. */
export function yamlOracle(): string {
  return requirePrepared(join(DEBIANS_PROGRAMS, 'snap-yaml-oracle'));
}

/** The oracle of the source that `SNAPD_SOURCE` named for `build-snapd.sh`; undefined where it named none. */
export function newerYamlOracle(): string | undefined {
  const program = join(DEBIANS_PROGRAMS, 'snap-yaml-oracle-newer');
  return existsSync(program) ? program : undefined;
}

/** Texts as go-yaml writes them anew, each once: in several styles and indentations. */
export async function renderings(files: readonly YamlCase[]): Promise<YamlCase[]> {
  const answers = await askYamlOracle(yamlOracle(), files, ['render']);
  return answers.flatMap((answer) =>
    [...new Set(answer.renderings ?? [])].map((text, at) => ({
      name: `${answer.name}, written anew in way ${at}`,
      yaml: Buffer.from(text, 'base64'),
    })),
  );
}

/** Asks an oracle about cases, one after the other, with one process. */
export async function askYamlOracle(
  program: string,
  cases: readonly YamlCase[],
  words: readonly string[] = [],
): Promise<YamlAnswer[]> {
  const child = spawn(program, [...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  child.stdin.on('error', () => undefined);
  const feeding = (async () => {
    for (const { name, yaml } of cases) {
      const line = JSON.stringify({ name, yaml: yaml.toString('base64') });
      if (!child.stdin.write(`${line}\n`)) await once(child.stdin, 'drain');
    }
    child.stdin.end();
  })();
  const answers: YamlAnswer[] = [];
  for await (const line of createInterface({ input: child.stdout }))
    answers.push(JSON.parse(line) as YamlAnswer);
  const [status] = (await ended) as [number | null];
  if (status !== 0) throw new Error(`${program} ended with ${status}`);
  await feeding;
  return answers;
}

/** Our values in snapd's words. */
function ourValues(yaml: SnapYaml): Record<string, unknown> {
  return {
    name: yaml.name,
    version: yaml.version,
    type: yaml.type,
    base: yaml.base ?? '',
    confinement: yaml.confinement,
    architectures: yaml.architectures,
    title: yaml.title ?? '',
    summary: yaml.summary,
    description: yaml.description,
    license: yaml.license ?? '',
    epoch: yaml.epoch,
    links: yaml.links,
    provenance: yaml.provenance ?? '',
    assumes: yaml.assumes.toSorted(),
    apps: yaml.appNames.toSorted(),
    'common-ids': yaml.commonIds.toSorted(),
    'default-providers': yaml.defaultProviders.toSorted(),
  };
}

/** Values that do not say the same, by their names. */
function differing(ours: Record<string, unknown>, theirs: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(ours)
    .filter((key) => canonical(ours[key]) !== canonical(theirs[key]))
    .map((key) => `${key}: ${canonical(ours[key])}, snapd has ${canonical(theirs[key])}`);
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const entries = Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}:${canonical(one)}`);
  return `{${entries.toSorted().join(',')}}`;
}

/**
 * What the two readers do not agree on: a text that snapd takes must be taken, with the same values; one that is no
 * YAML for snapd must be none here. What snapd refuses for a field that a store does not read may be taken.
 *
 * @returns undefined where they agree
 */
export function disagreement({ yaml }: YamlCase, theirs: YamlAnswer): string | undefined {
  let ours: SnapYaml;
  try {
    ours = parseSnapYaml(yaml);
  } catch (error) {
    return theirs.refusedAt === '' ? `snapd takes it, we do not: ${(error as Error).message}` : undefined;
  }
  if (theirs.refusedAt === 'syntax') return `snapd does not take it: ${theirs.error}`;
  if (theirs.refusedAt !== '') return undefined;
  const values = differing(ourValues(ours), theirs.values ?? {});
  return values.length === 0 ? undefined : values.join('; ');
}
