// The npm packages of the program, as npm reads them from the lockfile, without fields that change at every
// run.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Production packages of the lockfile, as `name@version`. */
function productionPackages(root) {
  const { packages } = JSON.parse(readFileSync(`${root}package-lock.json`, 'utf8'));
  return new Set(
    Object.entries(packages)
      .filter(([path, { dev }]) => path !== '' && !dev)
      .map(([path, { version }]) => `${path.split('node_modules/').at(-1)}@${version}`),
  );
}

/** @returns {string} a CycloneDX document in JSON, the same for the same lockfile */
export function programSbom(root) {
  const words = ['sbom', '--sbom-format=cyclonedx', '--sbom-type=application', '--package-lock-only'];
  const said = execFileSync('npm', words, { cwd: root, encoding: 'utf8', maxBuffer: 64 << 20 });
  const bom = JSON.parse(said);
  // Not `--omit=dev`: npm would then omit packages that both kinds need.
  const production = productionPackages(root);
  const components = bom.components.filter((one) => production.has(`${one.name}@${one.version}`));
  const refs = new Set([...components, bom.metadata.component].map((one) => one['bom-ref']));
  const dependencies = bom.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) }));
  // npm names the program after its folder.
  const { name } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  const { $schema, bomFormat, specVersion, version } = bom;
  const metadata = { component: { ...bom.metadata.component, name } };
  return `${JSON.stringify({ $schema, bomFormat, specVersion, version, metadata, components, dependencies })}\n`;
}
