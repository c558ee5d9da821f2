import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv, type SchemaObject } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CategoriesService } from '../../../src/catalogue/categories.service.js';
import { hasReal, REAL } from '../../support/real.js';
import { at, World } from './world.js';

const WITHOUT = '(skipped where the recordings of the official store are missing)';

let world: World;

const YAML = `license: MIT
title: Hello World
links:
  contact: [mailto:snaps@example.com]
`;
const WEBSITE = '  website: [https://example.com]\n';

beforeAll(async () => {
  world = await World.start();
  await world.push({ name: 'core', revision: 14_430, type: 'os', yaml: YAML }, ['latest/edge']);
  await world.push({ name: 'hello-world', revision: 29, architectures: ['all'], yaml: YAML + WEBSITE });
  await world.push({ name: 'go-example-webserver', revision: 25 });
  await world.push({
    name: 'test-snapd-tools',
    revision: 9,
    base: 'core',
    yaml: 'apps:\n  echo: {common-id: org.x}\n',
  });
  await world.store.app.get(CategoriesService).choose('hello-world', ['featured', 'social']);
  await world.store.heard();
});
afterAll(() => world.stop());

function recorded(path: string): unknown {
  return JSON.parse(readFileSync(join(REAL, path), 'utf8')) as unknown;
}

/** Path and JSON type of all members, `[]` for all elements: `/snap/architectures[] string`. */
function shapeOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return [`${path} list`, ...value.flatMap((item) => shapeOf(item, `${path}[]`))];
  if (typeof value !== 'object' || value === null)
    return [`${path} ${value === null ? 'null' : typeof value}`];
  return [
    `${path} object`,
    ...Object.entries(value).flatMap(([name, member]) => shapeOf(member, `${path}/${name}`)),
  ];
}

function shape(value: unknown): Set<string> {
  return new Set(shapeOf(value));
}

/** Members that only the recordings have, or only these snaps. */
const ONLY_RECORDED: Readonly<Record<string, readonly string[]>> = {
  // Pictures are omitted: a device could not reach them.
  '12': [
    '/results[]/snap/media[] object',
    ...['height number', 'height null', 'width number', 'width null', 'type string', 'url string'].map(
      (member) => `/results[]/snap/media[]/${member}`,
    ),
  ],
};
const ONLY_OURS = [
  // Snaps here that have what those in the recordings happen not to have.
  '/results[]/snap/website string',
  '/results[]/snap/links/website list',
  '/results[]/snap/links/website[] string',
  '/results[]/snap/base string',
  '/results[]/snap/common-ids[] string',
];

describe('refresh', () => {
  it.skipIf(!hasReal).each(['01', '12'])(
    `answers recorded request %s with the recorded members ${WITHOUT}`,
    async (number) => {
      const request = readFileSync(join(REAL, `http/${number}-v2-snaps-refresh.request.body`), 'utf8');
      const theirs = recorded(`http/${number}-v2-snaps-refresh.response.body`);
      const reply = await world.post(request);
      expect([reply.statusCode, reply.headers['content-type']]).toEqual([200, 'application/json']);
      const ours = reply.json<unknown>();
      const known = shape(theirs);
      const made = shape(ours);
      const missing = [...known].filter((member) => !made.has(member));
      expect(missing.toSorted()).toEqual([...(ONLY_RECORDED[number] ?? [])].toSorted());
      expect([...made].filter((member) => !known.has(member) && !ONLY_OURS.includes(member))).toEqual([]);

      const facts = (answer: unknown) =>
        (at(answer, 'results') as Record<string, unknown>[]).map((result) => [
          result['result'],
          result['instance-key'],
          result['name'],
          result['effective-channel'],
          at(result, 'snap', 'revision'),
          at(result, 'snap', 'type'),
          at(result, 'snap', 'architectures'),
        ]);
      expect(facts(ours).map((fact) => fact.slice(0, 5))).toEqual(
        facts(theirs).map((fact) => fact.slice(0, 5)),
      );
      expect(facts(ours)[0]).toEqual(facts(theirs)[0]);
    },
  );

  it.skipIf(!hasReal)(`writes times as recorded ${WITHOUT}`, async () => {
    const pattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/;
    const theirs = at(recorded('http/01-v2-snaps-refresh.response.body'), 'results', '0');
    const { results } = await world.refresh([
      { action: 'install', 'instance-key': 'install-1', name: 'core', channel: 'edge' },
    ]);
    for (const result of [theirs, results[0]])
      for (const time of [at(result, 'released-at'), at(result, 'snap', 'created-at')])
        expect(time).toMatch(pattern);
  });
});

describe("the official store's own schemas", () => {
  function problems(schemaFile: string, value: unknown): readonly object[] {
    // Draft 4 in spirit, with members of its own (`introduced_at`), which a strict reader would refuse.
    const validate = new Ajv({ strict: false, allErrors: true }).compile(
      recorded(`api/${schemaFile}`) as SchemaObject,
    );
    return validate(value) ? [] : (validate.errors ?? []);
  }

  function expectValid(schemaFile: string, value: unknown): void {
    expect(problems(schemaFile, value)).toEqual([]);
  }

  it
    .skipIf(!hasReal)
    .each([
      'hello-world',
      'core',
      'test-snapd-tools?architecture=amd64',
      'go-example-webserver?fields=title,download,version,channel-map,base,snap-yaml',
      'hello-world?fields=title,summary,description,license,contact,website,publisher,media,download,version,created-at,confinement,categories,trending,unlisted,links',
    ])(`hold for info of %s ${WITHOUT}`, async (path) => {
    const reply = await world.get(`/v2/snaps/info/${path}`);
    expect(reply.statusCode).toBe(200);
    expectValid('snaps_info_schema.json', reply.json());
  });

  it
    .skipIf(!hasReal)
    .each([
      '?q=hello',
      '?q=hello&fields=',
      '?q=&channel=edge&fields=title,summary,publisher,media,revision,version,channel,download,type,base,confinement,common-ids,website,links,license,contact,store-url,categories,prices,private,architectures,snap-yaml',
      '?q=none',
    ])(`hold for find%s ${WITHOUT}`, async (query) => {
    const reply = await world.get(`/v2/snaps/find${query}`);
    expect(reply.statusCode).toBe(200);
    expectValid('snaps_find_schema.json', reply.json());
  });

  it.skipIf(!hasReal).each([
    ['category_schema.json', '/v2/snaps/categories?type=shared'],
    ['category_by_name_schema.json', '/v2/snaps/category/featured'],
  ])(`%s holds for %s ${WITHOUT}`, async (schema, path) => {
    const reply = await world.get(path);
    expect(reply.statusCode).toBe(200);
    expectValid(schema, reply.json());
  });

  it.skipIf(!hasReal)(`hold for what was recorded, or these tests would say little ${WITHOUT}`, () => {
    // `links` came to this answer after the schema was written.
    const { links: _links, ...info } = recorded('api/v2-info-hello.200.20221207.json') as Record<
      string,
      unknown
    >;
    expectValid('snaps_info_schema.json', info);
    expectValid('snaps_find_schema.json', recorded('api/v2-find.q-xyz.200.20250408.json'));
    expect(problems('snaps_info_schema.json', { name: 'x' })).toHaveLength(3);
  });
});

it.skipIf(!hasReal)(`a snap that is not there has the recorded form ${WITHOUT}`, async () => {
  const theirs = recorded('api/v2-info-four-o-four.404.20221207.json');
  const reply = await world.get('/v2/snaps/info/four-o-four');
  expect([reply.statusCode, reply.headers['content-type']]).toEqual([404, 'application/json']);
  expect(shape(reply.json())).toEqual(shape(theirs));
  expect(at(reply.json(), 'error-list', '0', 'code')).toBe(at(theirs, 'error-list', '0', 'code'));
});

it.skipIf(!hasReal)(`info has the recorded members of a channel-map entry ${WITHOUT}`, async () => {
  const { request } = recorded('api/v2-info-hello.200.20221207.meta.json') as { request: { uri: string } };
  const query = new URL(request.uri).search;
  const theirs = at(recorded('api/v2-info-hello.200.20221207.json'), 'channel-map', '0');
  const ours = at((await world.get(`/v2/snaps/info/hello-world${query}`)).json(), 'channel-map', '0');
  expect(shape(ours)).toEqual(shape(theirs));
});

it.skipIf(!hasReal)(`categories have the recorded form ${WITHOUT}`, async () => {
  const ours: unknown = (await world.get('/v2/snaps/categories?type=shared')).json();
  expect(shape(ours)).toEqual(shape(recorded('api/v2-categories.type-shared.200.20221207.json')));
});

it.skipIf(!hasReal).each([
  ['v2-find.category-featured.200.20231212', ''],
  ['v2-find.q-xyz.200.20250408', 'q=hello'],
])(`find answers recorded request %s in the recorded form ${WITHOUT}`, async (name, instead) => {
  const { request, response } = recorded(`api/${name}.meta.json`) as {
    request: { uri: string };
    response: { headers: Record<string, string[]> };
  };
  // What was searched for there is no word of these snaps.
  const query = instead || new URL(request.uri).search.slice(1);
  const reply = await world.get(`/v2/snaps/find?${query}`);
  expect(reply.headers['content-type']).toBe(response.headers['content-type']?.[0]);
  expect(shape(reply.json())).toEqual(shape(recorded(`api/${name}.json`)));
  expect(reply.json<{ results: { name: string }[] }>().results[0]?.name).toBe('hello-world');
});

it.skipIf(!hasReal)(`a snap's categories have the recorded form ${WITHOUT}`, async () => {
  const ours = (await world.get('/v2/snaps/info/hello-world?fields=categories')).json<unknown>();
  const theirs = recorded('api/v2-info-toto.200.20221207.json');
  expect(shape(at(ours, 'snap', 'categories'))).toEqual(shape(at(theirs, 'snap', 'categories')));
});
