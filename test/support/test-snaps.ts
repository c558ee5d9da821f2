import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assertion } from '../../src/assertions/format/assertion.js';
import { encodeStream } from '../../src/assertions/format/stream.js';
import { sha3_384 } from '../../src/common/crypto/digest.js';
import type { SignedSnapFile } from '../../src/sandbox/store-stack.js';
import { squashfsImage } from './squashfs-image.js';
import { TestStoreStack, writeRoots } from './store-stack.js';
import type { TarPart } from './tar-file.js';

/** What a test says of a snap; the rest is sensible. */
export interface SnapRecipe {
  readonly name: string;
  readonly revision: number;
  readonly version?: string;
  readonly type?: string;
  readonly base?: string;
  readonly architectures?: readonly string[];
  /** More lines of snap.yaml. */
  readonly yaml?: string;
  /** Files of meta/gui, by their names. */
  readonly gui?: Readonly<Record<string, Buffer>>;
  /** Makes the file longer, in bytes that do not repeat. */
  readonly padding?: Buffer;
}

/** A snap file with its assertions. */
export interface TestSnap extends SignedSnapFile {
  readonly bytes: Buffer;
  readonly declaration: Assertion;
  readonly snapRevision: Assertion;
  readonly assertions: readonly Assertion[];
}

/** What a test says of a component; the rest is sensible. */
export interface ComponentRecipe {
  readonly name: string;
  readonly revision: number;
  readonly type?: string;
  /** The snap that the file says it belongs to. */
  readonly of?: string;
  /** More lines of component.yaml. */
  readonly yaml?: string;
  /** Revisions of the snap that it goes with. */
  readonly pairedWith?: readonly number[];
  readonly padding?: Buffer;
}

/** A component file with its assertions. */
export interface TestComponent extends SignedSnapFile {
  readonly bytes: Buffer;
  readonly resourceRevision: Assertion;
  readonly pairs: readonly Assertion[];
  readonly assertions: readonly Assertion[];
}

export const PUBLISHER_ID = 'acme';

/** A snap-id of 32 characters that follows from the name. */
export function snapIdOf(name: string): string {
  return name
    .replaceAll(/[^a-zA-Z0-9]/g, '')
    .padEnd(32, 'x')
    .slice(0, 32);
}

/** A publisher who makes real snap files and signs for them. */
export class TestPublisher {
  readonly stack: TestStoreStack;
  readonly account: Assertion;
  private readonly publisherId: string;

  /**
   * @param suffix - of the root and of the publisher, where a test needs several
   * @param of - an account of another stack; without it, the publisher has a root of its own
   */
  constructor(suffix = '', of?: { readonly stack: TestStoreStack; readonly publisherId: string }) {
    this.stack = of?.stack ?? new TestStoreStack({ authorityId: `test-root${suffix}` });
    this.publisherId = of?.publisherId ?? `${PUBLISHER_ID}${suffix}`;
    this.account = this.stack.account(
      this.publisherId,
      of ? {} : { headers: { 'display-name': 'Acme Corp' } },
    );
  }

  /** An account of a stack, as a publisher. */
  static of(stack: TestStoreStack, publisherId: string): TestPublisher {
    return new TestPublisher('', { stack, publisherId });
  }

  async writeRoot(directory: string): Promise<string> {
    return await writeRoots(directory, this.stack.trusted());
  }

  snap(recipe: SnapRecipe): TestSnap {
    const {
      name,
      revision,
      version = `${revision}.0`,
      type = 'app',
      base,
      architectures = ['amd64'],
      yaml = '',
      padding,
      gui = {},
    } = recipe;
    const snapYaml = `name: ${name}\nversion: "${version}"\ntype: ${type}\nsummary: Summary of ${name}\ndescription: Description of ${name}\narchitectures: [${architectures.join(', ')}]\n${base === undefined ? '' : `base: ${base}\n`}${yaml}`;
    return this.sign(
      squashfsImage({
        'meta/snap.yaml': Buffer.from(snapYaml),
        ...(padding && { 'data.bin': padding }),
        ...Object.fromEntries(Object.entries(gui).map(([file, bytes]) => [`meta/gui/${file}`, bytes])),
      }),
      { name, revision },
    );
  }

  /** A component of a snap, for that revision of it unless the recipe says otherwise. */
  component(snap: TestSnap, recipe: ComponentRecipe): TestComponent {
    const { name, type = 'standard', of = snap.name, yaml = '', padding } = recipe;
    // No two revisions are the same file.
    const componentYaml = `# revision ${recipe.revision}\ncomponent: ${of}+${name}\ntype: ${type}\nsummary: Summary of ${name}\ndescription: Description of ${name}\n${yaml}`;
    return this.signComponent(
      squashfsImage({
        'meta/component.yaml': Buffer.from(componentYaml),
        ...(padding && { 'data.bin': padding }),
      }),
      snap,
      recipe,
    );
  }

  /** Signs for any bytes. */
  signComponent(
    bytes: Buffer,
    snap: TestSnap,
    { name, revision, pairedWith = [snap.revision] }: ComponentRecipe,
  ): TestComponent {
    const { snapId } = snap;
    const component = { snapId, name, revision, digest: sha3_384(bytes), sizeBytes: bytes.length };
    const resourceRevision = this.stack.snapResourceRevision(component, this.publisherId);
    const pairs = pairedWith.map((one) => this.stack.snapResourcePair(component, one, this.publisherId));
    return { ...component, bytes, resourceRevision, pairs, assertions: [resourceRevision, ...pairs] };
  }

  /** Signs for any bytes. */
  sign(
    bytes: Buffer,
    { name, revision, snapId = snapIdOf(name) }: { name: string; revision: number; snapId?: string },
  ): TestSnap {
    const snap = { name, revision, snapId, digest: sha3_384(bytes), sizeBytes: bytes.length };
    const declaration = this.stack.snapDeclaration({ snapId, name, publisherId: this.publisherId });
    const snapRevision = this.stack.snapRevision({ ...snap, developerId: this.publisherId });
    const assertions = this.stack.chain(declaration, snapRevision);
    return { ...snap, bytes, declaration, snapRevision, assertions };
  }
}

/** What `snap download` calls a component's file. */
export function componentFile(snap: TestSnap, { name, revision }: TestComponent): string {
  return `${snap.name}+${name}_${revision}.comp`;
}

/** Writes what `snap download` writes of a snap and its components. @returns the path of the snap */
export async function writeWithComponents(
  directory: string,
  snap: TestSnap,
  components: readonly TestComponent[],
  assertions: readonly Assertion[] = [...snap.assertions, ...components.flatMap((one) => one.assertions)],
): Promise<string> {
  for (const component of components) {
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, componentFile(snap, component)), component.bytes);
  }
  return await writePair(directory, snap, assertions);
}

/** Writes the pair that `snap download` writes. @returns the path of the snap */
export async function writePair(
  directory: string,
  snap: TestSnap,
  assertions: readonly Assertion[] = snap.assertions,
): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${snap.name}_${snap.revision}.snap`);
  await writeFile(path, snap.bytes);
  await writeFile(path.replace(/\.snap$/, '.assert'), encodeStream(assertions));
  return path;
}

/** The entries of a bundle that hold these snaps, without a manifest. */
export function partsOf(snaps: readonly TestSnap[]): TarPart[] {
  return snaps.flatMap((snap) => [
    { name: `${snap.name}/assertions-${snap.revision}.assert`, bytes: encodeStream(snap.assertions) },
    { name: `${snap.name}/${snap.name}_${snap.revision}.snap`, bytes: snap.bytes },
  ]);
}

export function readBytes(path: string): Buffer {
  return readFileSync(path);
}
