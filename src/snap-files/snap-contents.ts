import { StoreError } from '../common/errors.js';
import { parseComponentYaml, type ComponentYaml } from './component-yaml.js';
import { MAX_ICON_BYTES } from './picture.js';
import { parseSnapYaml, type SnapYaml } from './snap-yaml.js';
import type { RandomAccess } from './squashfs/random-access.js';
import { openSquashfs, type SquashfsImage } from './squashfs/squashfs.js';
import { MAX_YAML_BYTES } from './yaml-fields.js';

/** The most desktop files that are kept. */
export const MAX_DESKTOP_FILES = 64;
/** Largest total size of a snap's desktop files, in bytes. */
export const MAX_DESKTOP_FILES_BYTES = 1024 * 1024;

const GUI = 'meta/gui';
/** Which icon is used if a snap has several. */
const ICON_ORDER = ['icon.png', 'icon.svg'];

/** A complete file of the snap's meta/gui. */
export interface SnapFile {
  /** Without its folder. */
  readonly name: string;
  readonly bytes: Buffer;
}

/** The description of a snap in its own file. */
export interface SnapContents {
  readonly snapYaml: SnapYaml;
  /** The exact text of meta/snap.yaml. */
  readonly snapYamlText: string;
  readonly icon: SnapFile | undefined;
  readonly desktopFiles: readonly SnapFile[];
  /**
   * Icon and desktop files that were skipped (too large, a symlink, broken), each with the reason in one line.
   */
  readonly ignored: readonly string[];
}

/**
 * Reads a snap's own description from its file. Icon and desktop files are optional: an unreadable one is
 * skipped with a reason, and the snap is still accepted.
 *
 * @throws StoreError `invalid-snap` if the file is not a squashfs image, or its meta/snap.yaml is missing or
 *   invalid
 */
export async function readSnapContents(file: RandomAccess): Promise<SnapContents> {
  const image = await openSquashfs(file);
  const bytes = await image.readFile('meta/snap.yaml', MAX_YAML_BYTES);
  if (bytes === undefined)
    throw new StoreError('invalid-snap', 'cannot read meta/snap.yaml of snap: it does not exist');
  const snapYaml = parseSnapYaml(bytes);
  const gui = new GuiFolder(image);
  const names = await gui.fileNames();
  return {
    snapYaml,
    snapYamlText: bytes.toString('utf8'),
    icon: await gui.readIcon(names),
    desktopFiles: await gui.readDesktopFiles(names),
    ignored: gui.ignored,
  };
}

/**
 * Reads a component's own description from its file.
 *
 * @throws StoreError `invalid-snap` if the file is not a squashfs image, or its meta/component.yaml is missing
 *   or invalid
 */
export async function readComponentContents(file: RandomAccess): Promise<ComponentYaml> {
  const image = await openSquashfs(file);
  const bytes = await image.readFile('meta/component.yaml', MAX_YAML_BYTES);
  if (bytes === undefined)
    throw new StoreError('invalid-snap', 'cannot read meta/component.yaml of component: it does not exist');
  return parseComponentYaml(bytes);
}

/** The snap's meta/gui. Broken files are reported and skipped. */
class GuiFolder {
  readonly ignored: string[] = [];

  constructor(private readonly image: SquashfsImage) {}

  async fileNames(): Promise<string[]> {
    const entries = await this.unlessBroken(() => this.image.list(GUI));
    return (entries ?? []).filter(({ type }) => type !== 'folder').map(({ name }) => name);
  }

  async readIcon(names: readonly string[]): Promise<SnapFile | undefined> {
    const name = [...ICON_ORDER, ...names].find((one) => one.startsWith('icon.') && names.includes(one));
    return name === undefined ? undefined : this.read(name, MAX_ICON_BYTES);
  }

  async readDesktopFiles(names: readonly string[]): Promise<SnapFile[]> {
    const wanted = names.filter((name) => name.endsWith('.desktop'));
    if (wanted.length > MAX_DESKTOP_FILES)
      this.ignored.push(`desktop files after the first ${MAX_DESKTOP_FILES}`);
    const files: SnapFile[] = [];
    let leftBytes = MAX_DESKTOP_FILES_BYTES;
    for (const name of wanted.slice(0, MAX_DESKTOP_FILES)) {
      const file = await this.read(name, leftBytes);
      if (file === undefined) continue;
      files.push(file);
      leftBytes -= file.bytes.length;
    }
    return files;
  }

  private async read(name: string, maxBytes: number): Promise<SnapFile | undefined> {
    const bytes = await this.unlessBroken(() => this.image.readFile(`${GUI}/${name}`, maxBytes));
    return bytes === undefined ? undefined : { name, bytes };
  }

  private async unlessBroken<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      this.ignored.push(error.message);
      return undefined;
    }
  }
}
