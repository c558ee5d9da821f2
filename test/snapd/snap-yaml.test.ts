import { describe, expect, it } from 'vitest';
import { oddYaml } from './yaml-cases/grammar.js';
import { realFiles } from './yaml-cases/real-files.js';
import {
  askYamlOracle,
  disagreement,
  newerYamlOracle,
  renderings,
  yamlOracle,
  type YamlCase,
} from './yaml-cases/yaml-oracle.js';

/** Fewest expected renderings of real files; fewer would mean that sources are missing. */
const LEAST_RENDERINGS = 1_000;
const ODD_TEXTS = 20_000;
/** The seed of the generated files. It is fixed, so that a failure can be repeated. */
const SEED = 1;
/** Longest file that is changed, because each is changed in many places. */
const LONGEST_CHANGED_BYTES = 1_500;

/** Release 2.57 does not know components; newer releases check them as this program does. */
const KNOWN_LATER = /^snapd takes it, we do not: cannot read snap\.yaml: components? /;

const files = await realFiles();
const newer = newerYamlOracle();
const oracles: [string, string][] = [
  ['Debian’s snapd', yamlOracle()],
  ...(newer === undefined ? [] : [['the newer snapd', newer] as [string, string]]),
];

async function disagreements(program: string, cases: readonly YamlCase[]): Promise<string[]> {
  const answers = await askYamlOracle(program, cases);
  return answers.flatMap((answer, at) => {
    const one = cases[at];
    const what = one && disagreement(one, answer);
    if (one === undefined || what === undefined) return [];
    return program !== newer && KNOWN_LATER.test(what)
      ? []
      : [`${one.name}: ${what}\n${JSON.stringify(one.yaml.toString())}`];
  });
}

describe.each(oracles)('%s reads snap.yaml as the store does', (_which, program) => {
  it('of real snaps, and as go-yaml rewrites it', async () => {
    const written = await renderings(files);
    console.info(`${files.length} real files, ${written.length} renderings of them`);
    expect(files.length + written.length).toBeGreaterThan(LEAST_RENDERINGS);
    expect(await disagreements(program, [...files, ...written])).toEqual([]);
  });

  it('in all unusual forms that a grammar generates, valid or invalid', async () => {
    const changed = files.filter(({ yaml }) => yaml.length < LONGEST_CHANGED_BYTES);
    expect(await disagreements(program, oddYaml(ODD_TEXTS, SEED, changed))).toEqual([]);
  });
});
