import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeStream } from '../../../src/assertions/format/stream.js';
import { MAX_SOURCE_CHARACTERS } from '../../../src/bundles/format/manifest.js';
import { hasHidden } from '../../../src/common/visible-text.js';
import { bundleOf } from '../../support/bundle-writer.js';
import { Cli } from '../../support/cli.js';
import { jsonPart, writeArchive } from '../../support/input-forms.js';
import { expectRefused } from '../../support/refusal.js';
import { StoreApp } from '../../support/store-app.js';
import { partsOf, TestPublisher, writePair } from '../../support/test-snaps.js';

/**
 * Hides the following text, writes the clipboard, clears the screen, changes the direction, in 7 and 8 bits.
 */
const HOSTILE = '\u001b[8m\u001b]52;c;aGk=\u0007\u001b[2J\u009b2J\u202e\u200b\r\n';
const publisher = new TestPublisher();
let store: StoreApp;

beforeAll(async () => {
  store = await StoreApp.start();
  await store.trust(publisher.stack.trusted());
});
afterAll(() => store.stop());

const cli = new Cli(() => store.dataDir);

/** Returns the output of a command, line by line. Fails if a terminal would obey any part of it. */
async function printed(...words: string[]): Promise<string> {
  const { stdout, stderr } = await cli.run(...words);
  for (const line of `${stdout}${stderr}`.split('\n'))
    expect(hasHidden(line), `${words.join(' ')}: ${JSON.stringify(line)}`).toBe(false);
  return stdout + stderr;
}

describe('untrusted strings', () => {
  it('are escaped by every command that prints them', async () => {
    // File names are whatever a medium contains.
    const name = `hostile${HOSTILE.replaceAll(/[\r\n]/g, '')}`;
    const snap = publisher.snap({ name: 'odd-words', revision: 1, yaml: `title: "A\\e[8m title"\n` });
    const path = await writePair(join(store.directory, name), snap);
    const shown = '\\x1b[8m\\x1b]52;c;aGk=\\x07\\x1b[2J\\x9b2J\\u202e\\u200b';
    expect(await printed('push-snap', path)).toContain('Channelmaps were successfully updated');
    expect(await printed('push-snap', join(store.directory, name, 'gone.snap'))).toContain('error: ');
    expect(await printed('push-snap', `/nowhere/${name}.tar.gz`)).toContain(shown);
    const file = join(store.directory, `${name}.assert`);
    await writeFile(file, encodeStream([snap.snapRevision]).subarray(1));
    expect(await printed('ack', file)).toContain(shown);
    expect(await printed('config', name)).toContain('error: cannot find setting');
    expect(await printed(name)).toContain(shown);
    expect(await printed('status', `--${name}`)).toContain(shown);

    await store.query(`update import_job set source = $1`, [HOSTILE]);
    await store.query(`update snap set categories = $1, title = $2`, [
      JSON.stringify([{ name: HOSTILE, featured: false }]),
      HOSTILE,
    ]);
    await store.query(
      `insert into device (brand_id, model, serial, serial_trust, first_seen_at, last_seen_at, snapd_version)
       values ('b', $1, $1, 'unknown', now(), now(), $1)`,
      [HOSTILE],
    );
    for (const words of [
      ['history', 'odd-words'],
      ['list-categories'],
      ['list-devices'],
      ['list-devices', '--csv'],
    ])
      expect(await printed(...words)).toContain(`${shown}\\x0d\\n`);
    const json = await cli.run('list-devices', '--json');
    expect(hasHidden(json.stdout.replaceAll('\n', ''))).toBe(false);
    expect(JSON.parse(json.stdout)).toMatchObject({ devices: [{ model: HOSTILE, serial: HOSTILE }] });
  });
});

describe('a bundle', () => {
  const snap = publisher.snap({ name: 'said', revision: 1 });
  const says = 'has a source that is longer than 1024 characters or contains a control character';

  it.each([
    ['a hidden word', 'hq, signed by key TRUSTED\u001b[8m'],
    ['another direction', 'hq\u202egro.live'],
    ['a second line', 'hq\nsigned by key TRUSTED'],
    ['too many characters', 'x'.repeat(MAX_SOURCE_CHARACTERS + 1)],
  ])('is refused with %s in its source', async (_, source) => {
    await expectRefused(store, await writeArchive(store.directory, bundleOf([snap], { source })), {
      code: 'invalid-bundle',
      says,
    });
  });

  it('is accepted with the longest source', async () => {
    const source = 'x'.repeat(MAX_SOURCE_CHARACTERS);
    const file = await writeArchive(store.directory, bundleOf([snap], { source }));
    expect((await store.push(file)).snaps.map(({ name }) => name)).toEqual(['said']);
  });

  it('is refused with an invalid category', async () => {
    const info = (name: string) => ({
      name: 'worded',
      snap: { name: 'worded', categories: [{ name, featured: false }] },
    });
    const worded = publisher.snap({ name: 'worded', revision: 1 });
    const parts = (name: string) => [jsonPart('info.json', info(name)), ...partsOf([worded])];
    await expectRefused(store, await writeArchive(store.directory, parts(`games${HOSTILE}`)), {
      code: 'invalid-bundle',
      says: 'has a category with a control character',
    });
    await store.push(await writeArchive(store.directory, parts('jeux-vidéo')));
  });
});
