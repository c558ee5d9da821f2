// Which file may import which: the layers (by suffix) and the rooms (by folder) of ARCHITECTURE.md.

// From top to bottom; a room imports only from rooms below it.
const ROOMS = [
  'remote',
  'sandbox',
  'metrics',
  'logs',
  'status',
  'airgap-mode',
  'imports',
  'fetch',
  'registration',
  'device-api',
  'deltas',
  'devices',
  'releases',
  'bundles',
  'groups',
  'brand-stores',
  'catalogue',
  'keys',
  'assertions',
  'https',
  'management',
  'outgoing',
  'blobs',
  'settings',
  'channels',
  'snap-files',
  'secrets',
  'front',
  'database',
  'common',
];

const upward = ROOMS.flatMap((room, index) => {
  const above = ROOMS.slice(0, index);
  if (above.length === 0) return [];
  return [
    {
      name: `room-${room}-imports-upwards`,
      severity: 'error',
      from: { path: `^src/${room}/`, pathNot: '\\.test\\.ts$' },
      to: { path: `^src/(?:${above.join('|')})/` },
    },
  ];
});

// Folders, and the files that lie directly in common/.
const PURE =
  '^src/(?:(?:assertions/(?:format|trust)|channels|snap-files|(?:bundles|registration)/format|common/(?:crypto|domain))/|common/[^/]+\\.ts$)';

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
        // A type leaves nothing behind.
        dependencyTypesNot: ['type-only'],
        pathNot: `${PURE}|^(?:node:)?(?:crypto|zlib|util|buffer|fs/promises|timers/promises|stream/web)$|node_modules/(?:xz-decompress|fzstd|@noble/ciphers)/`,
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
      comment:
        "outgoing HTTP is opened in outgoing/, which opens none in air-gapped mode but to the identity provider of the settings. remote/ is the other end: it connects a person's command line to a store, where no store is",
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(?:outgoing/|remote/store-connection\\.ts$)' },
      to: { path: 'node_modules/(?:undici|openid-client|oauth4webapi|jose)/' },
    },
    {
      name: 'one-door-to-the-identity-provider',
      comment: 'what speaks OpenID Connect gets its connections from outgoing-http.service.ts',
      severity: 'error',
      from: { path: '^src/outgoing/', pathNot: '^src/outgoing/(?:oidc-client\\.service|oidc-failure)\\.ts$' },
      to: { path: 'node_modules/(?:openid-client|oauth4webapi|jose)/' },
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
      name: 'a-room-keeps-its-repositories',
      comment: 'tables have owners: other rooms ask a service',
      severity: 'error',
      from: { path: '^src/([^/]+)/', pathNot: '\\.test\\.ts$' },
      to: { path: '\\.repository\\.ts$', pathNot: '^src/$1/' },
    },
    {
      name: 'repositories-ask-nobody',
      comment: 'but the database, and what wraps secrets on their way into it',
      severity: 'error',
      from: { path: '\\.repository\\.ts$' },
      to: { path: '\\.service\\.ts$', pathNot: '^src/(?:database|secrets)/' },
    },
    {
      name: 'doors-do-not-open-each-other',
      comment: 'what two of them share is a plain file',
      severity: 'error',
      // It has the others as its sub-commands.
      from: { path: '\\.(?:command|controller)\\.ts$', pathNot: '^src/devices/create\\.command\\.ts$' },
      to: { path: '\\.(?:command|controller)\\.ts$' },
    },
    {
      name: 'doors-lead-to-services',
      severity: 'error',
      from: { path: '\\.(?:command|controller)\\.ts$' },
      to: { path: '\\.repository\\.ts$' },
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
