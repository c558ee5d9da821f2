// Which file may import which: the layers (by suffix) and the rooms (by folder) of ARCHITECTURE.md.

// From top to bottom; a room imports only from rooms below it.
const ROOMS = [
  'sandbox',
  'airgap-mode',
  'registration',
  'deltas',
  'devices',
  'upstream',
  'bundles',
  'overrides',
  'snaps',
  'groups',
  'keys',
  'assertions',
  'brand-stores',
  'blobs',
  'https',
  'settings',
  'status',
  'secrets',
  'front',
  'database',
  'common',
];

/** `status` stands below `settings` in the order of the house but reads it, and only it. */
const upward = ROOMS.flatMap((room, index) => {
  const above = ROOMS.slice(0, index).filter((other) => !(room === 'status' && other === 'settings'));
  if (above.length === 0) return [];
  return [
    {
      name: `room-${room}-imports-upwards`,
      severity: 'error',
      // The one list of all entities looks up to the features, for their rows alone.
      from: { path: `^src/${room}/`, pathNot: '\\.test\\.ts$|^src/database/entities\\.ts$' },
      to: { path: `^src/(?:${above.join('|')})/` },
    },
  ];
});

const PURE =
  '^src/(?:assertions/(?:format|trust)|snaps/(?:channel|squashfs|yaml)|(?:bundles|registration)/format|common/macaroon)/';

module.exports = {
  forbidden: [
    ...upward,
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'pure-code-stays-pure',
      comment: 'the domain: no framework, no database, no HTTP, no files',
      severity: 'error',
      from: { path: PURE, pathNot: '\\.test\\.ts$' },
      to: {
        pathNot: `${PURE}|^src/common/(?:errors|did-you-mean|digest|password|visible-text|limits)\\.ts$|^src/snaps/(?:snap|epoch|picture|snap-yaml)\\.ts$|^(?:node:)?(?:crypto|zlib|util|buffer|fs/promises|timers/promises|stream/web)$|node_modules/(?:xz-decompress|fzstd|@noble/ciphers)/`,
      },
    },
    {
      name: 'typeorm-behind-repositories',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.(?:entity|repository|test)\\.ts$|^src/database/' },
      to: { path: 'node_modules/(?:typeorm|pg)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'one-way-out',
      comment: 'outgoing HTTP is opened in upstream/, which opens none in air-gapped mode',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/upstream/' },
      to: { path: 'node_modules/undici/' },
    },
    {
      name: 'services-never-name-http',
      severity: 'error',
      from: { path: '^src/.*(?:\\.service|\\.repository|\\.entity)\\.ts$' },
      to: {
        path: 'node_modules/(?:fastify|@nestjs/platform-fastify|nest-commander)/|\\.(?:controller|command|filter)\\.ts$',
      },
    },
    {
      name: 'doors-do-not-open-each-other',
      severity: 'error',
      from: { path: '\\.command\\.ts$' },
      to: { path: '\\.controller\\.ts$' },
    },
    {
      name: 'src-stands-alone',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(?:test|scripts|ormconfig)' },
    },
    {
      name: 'only-listed-packages',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown'] },
    },
  ],
  options: {
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.d\\.ts$' },
  },
};
