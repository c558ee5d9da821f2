import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasReal, REAL } from '../../test/support/real.js';
import {
  hasSquashfsTools,
  memoryAccess,
  packSquashfs,
  WITHOUT_TOOLS,
} from '../../test/support/squashfs-images.js';
import { MAX_ICON_BYTES } from './picture.js';
import {
  MAX_DESKTOP_FILES,
  MAX_DESKTOP_FILES_BYTES,
  readSnapContents,
  type SnapContents,
} from './snap-contents.js';
import { fileAccess } from './squashfs/file-access.js';
import { MAX_YAML_BYTES } from './yaml-fields.js';

const SNAP_YAML = '# exact\nname: foo\nversion: 1.10\n';

describe.skipIf(!hasSquashfsTools)(`readSnapContents${WITHOUT_TOOLS}`, () => {
  let scratch = '';
  let tree = '';
  beforeEach(() => {
    scratch = mkdtempSync(join(tmpdir(), 'contents-'));
    tree = join(scratch, 'tree');
    mkdirSync(join(tree, 'meta/gui'), { recursive: true });
    write('meta/snap.yaml', SNAP_YAML);
  });
  afterEach(() => rmSync(scratch, { recursive: true, force: true }));

  const write = (path: string, bytes: Buffer | string): void => writeFileSync(join(tree, path), bytes);
  const read = (): Promise<SnapContents> =>
    readSnapContents(memoryAccess(packSquashfs(tree, join(scratch, 'image'), [])));

  it('reads snap.yaml exactly, icon and desktop files', async () => {
    write('meta/gui/icon.svg', '<svg/>');
    write('meta/gui/icon.png', 'png');
    write('meta/gui/b.desktop', 'b');
    write('meta/gui/a.desktop', 'a');
    write('meta/gui/other.txt', 'other');
    mkdirSync(join(tree, 'meta/gui/folder.desktop'));
    const contents = await read();
    expect(contents.snapYaml).toMatchObject({ name: 'foo', version: '1.10' });
    expect(contents).toMatchObject({
      snapYamlText: SNAP_YAML,
      icon: { name: 'icon.png', bytes: Buffer.from('png') },
      desktopFiles: [
        { name: 'a.desktop', bytes: Buffer.from('a') },
        { name: 'b.desktop', bytes: Buffer.from('b') },
      ],
      ignored: [],
    });
  });

  it('accepts an icon of another kind if there is no png or svg', async () => {
    write('meta/gui/icon.webp', 'webp');
    expect((await read()).icon).toEqual({ name: 'icon.webp', bytes: Buffer.from('webp') });
  });

  it('does not require meta/gui', async () => {
    rmSync(join(tree, 'meta/gui'), { recursive: true });
    expect(await read()).toMatchObject({ desktopFiles: [], ignored: [] });
  });

  it('skips symlinks and reports them', async () => {
    symlinkSync('/etc/passwd', join(tree, 'meta/gui/icon.png'));
    symlinkSync('../snap.yaml', join(tree, 'meta/gui/a.desktop'));
    const { icon, desktopFiles, ignored } = await read();
    expect([icon, desktopFiles]).toEqual([undefined, []]);
    expect(ignored).toEqual([
      'cannot read meta/gui/icon.png of snap: it is a symlink, not a file',
      'cannot read meta/gui/a.desktop of snap: it is a symlink, not a file',
    ]);
  });

  it('skips a meta/gui that is not a folder', async () => {
    rmSync(join(tree, 'meta/gui'), { recursive: true });
    symlinkSync('../gui', join(tree, 'meta/gui'));
    expect((await read()).ignored).toEqual(['cannot read meta/gui of snap: it is a symlink, not a folder']);
  });

  it('reads an icon up to its limit', async () => {
    write('meta/gui/icon.png', Buffer.alloc(MAX_ICON_BYTES, 'i'));
    expect((await read()).icon?.bytes).toHaveLength(MAX_ICON_BYTES);
    write('meta/gui/icon.png', Buffer.alloc(MAX_ICON_BYTES + 1, 'i'));
    const { icon, ignored } = await read();
    expect(icon).toBeUndefined();
    expect(ignored).toEqual([
      'cannot read meta/gui/icon.png of snap: its 300001 bytes are over the limit of 300000',
    ]);
  });

  it('reads desktop files up to their limits', async () => {
    for (let i = 0; i < MAX_DESKTOP_FILES; i++) write(`meta/gui/${i}.desktop`, 'x');
    expect(await read()).toMatchObject({ desktopFiles: { length: MAX_DESKTOP_FILES }, ignored: [] });
    write('meta/gui/z.desktop', 'x');
    expect(await read()).toMatchObject({
      desktopFiles: { length: MAX_DESKTOP_FILES },
      ignored: ['desktop files after the first 64'],
    });
  });

  it('reads desktop files up to their total size', async () => {
    write('meta/gui/a.desktop', Buffer.alloc(MAX_DESKTOP_FILES_BYTES - 1, 'a'));
    write('meta/gui/b.desktop', 'b');
    expect(await read()).toMatchObject({ desktopFiles: { length: 2 }, ignored: [] });
    write('meta/gui/b.desktop', 'bb');
    expect((await read()).ignored).toEqual([
      'cannot read meta/gui/b.desktop of snap: its 2 bytes are over the limit of 1',
    ]);
  });

  it('refuses a snap without a readable snap.yaml', async () => {
    write('meta/snap.yaml', Buffer.alloc(MAX_YAML_BYTES + 1, '#'));
    await expect(read()).rejects.toThrow(
      'cannot read meta/snap.yaml of snap: its 262145 bytes are over the limit',
    );
    rmSync(join(tree, 'meta/snap.yaml'));
    await expect(read()).rejects.toThrow('cannot read meta/snap.yaml of snap: it does not exist');
    symlinkSync('/etc/passwd', join(tree, 'meta/snap.yaml'));
    await expect(read()).rejects.toThrow('cannot read meta/snap.yaml of snap: it is a symlink, not a file');
  });
});

const readReal = async (name: string): Promise<SnapContents> => {
  const path = join(REAL, 'snaps', name);
  const handle = await open(path);
  try {
    return await readSnapContents(fileAccess(handle, (await stat(path)).size));
  } finally {
    await handle.close();
  }
};

describe.skipIf(!hasReal)(
  `snaps of the official store${hasReal ? '' : ' (skipped: no real data here)'}`,
  () => {
    it.each([
      ['bar.snap', { name: 'foobar25', version: '2.5', architectures: ['amd64'] }, 'icon.png'],
      ['canonical-pc_3.2_all.snap', { name: 'canonical-pc', version: '3.2', type: 'gadget' }, undefined],
      [
        'echo-service_0.8_amd64.snap',
        { confinement: 'devmode', grade: 'devel', appNames: ['echo-service'] },
        undefined,
      ],
      ['pc_20-gadget-edge-cases.snap', { name: 'pc', version: '20-0.4', base: 'core20' }, 'icon.png'],
      ['pc_9.snap', { name: 'pc', version: '16.04-0.8', type: 'gadget' }, undefined],
      ['test-package_0.1_amd64.snap', { name: 'test-package', version: '0.1', grade: 'stable' }, undefined],
      [
        'test-snap-with-component.snap',
        { base: 'core22', components: { 'test-component': 'test' } },
        undefined,
      ],
      ['test-snap-with-icon-license-title.snap', { title: 'Basic', license: 'GPL-3.0' }, 'icon.svg'],
      ['test-snap-with-started-at.snap', { name: 'basic', version: '0.1' }, undefined],
      ['test-snap.snap', { name: 'basic', version: '0.1' }, undefined],
      [
        'test-snapd-classic-service-hooks_1.0_all.snap',
        { confinement: 'classic', appNames: ['service'] },
        undefined,
      ],
    ])('reads %s', async (name, snapYaml, icon) => {
      const contents = await readReal(name);
      expect(contents.snapYaml).toMatchObject(snapYaml);
      expect(contents.icon?.name).toBe(icon);
      expect(contents.ignored).toEqual([]);
    });

    it('refuses a component, which has no snap.yaml', async () => {
      await expect(readReal('test-snap-with-component+test-component.comp')).rejects.toThrow(
        'cannot read meta/snap.yaml of snap: it does not exist',
      );
    });
  },
);
