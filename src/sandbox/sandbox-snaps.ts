import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImportService } from '../imports/import.service.js';
import { pushListing, type UnlistedPicture } from './push-listing.js';
import { assetsDirectory, pushSigned } from './push-signed.js';
import type { SignedSnapFile, StoreStack } from './store-stack.js';

const PUBLISHERS = {
  'sandbox-publisher': 'Sandbox publisher',
  'sandbox-second': 'Second sandbox publisher',
} as const;

interface ComponentRecipe {
  readonly name: string;
  readonly revision: number;
  /** The snap revision that it belongs to. */
  readonly snapRevision: number;
}

interface Recipe {
  readonly name: string;
  readonly snapId: string;
  readonly publisherId: keyof typeof PUBLISHERS;
  /** The channels of each revision, from 1. */
  readonly channels: readonly (readonly string[])[];
  readonly components?: readonly ComponentRecipe[];
  /** Its listing. */
  readonly pictures?: readonly UnlistedPicture[];
}

const STABLE = [['latest/stable']];

/** The snaps of `assets/sandbox`; the script next to them builds them. */
const RECIPES: readonly Recipe[] = [
  // The snap-id is the one that snapd knows: snapcore/snapd, snap/naming/wellknown.go.
  {
    name: 'snapd',
    snapId: 'PMrrV4ml8uWuEUDBT8dSGnKUYbevVhc4',
    publisherId: 'sandbox-publisher',
    channels: STABLE,
  },
  {
    name: 'sandbox-base',
    snapId: 'SandboxBaseSandboxBaseSandboxB01',
    publisherId: 'sandbox-publisher',
    channels: STABLE,
  },
  {
    name: 'sandbox-greetings',
    snapId: 'SandboxGreetingsSandboxGreetin02',
    publisherId: 'sandbox-publisher',
    channels: STABLE,
  },
  {
    // Odd revisions are for amd64, even ones for arm64.
    name: 'sandbox-hello',
    snapId: 'SandboxHelloSandboxHelloSandbo03',
    publisherId: 'sandbox-publisher',
    channels: [
      ['1.0/stable'],
      ['1.0/stable'],
      ['latest/stable'],
      ['latest/stable'],
      ['latest/edge', '2.0/stable'],
      ['latest/edge', '2.0/stable'],
    ],
    pictures: [
      { type: 'icon', file: 'sandbox-hello_icon.png' },
      { type: 'screenshot', file: 'sandbox-hello_screenshot.png' },
      { type: 'banner', file: 'sandbox-hello_banner.svg' },
    ],
  },
  {
    // The examples in the documentation fetch it.
    name: 'jq',
    snapId: 'SandboxJqSandboxJqSandboxJqSan05',
    publisherId: 'sandbox-publisher',
    channels: [['latest/stable'], ['latest/stable']],
  },
  {
    name: 'sandbox-notes',
    snapId: 'SandboxNotesSandboxNotesSandbo04',
    publisherId: 'sandbox-second',
    channels: [['latest/stable'], ['latest/edge']],
    components: [{ name: 'sketches', revision: 1, snapRevision: 2 }],
  },
];

/** A snap that the sandbox serves, for people to read. */
export interface SandboxSnapSummary {
  readonly name: string;
  readonly publisherId: string;
  readonly channels: readonly string[];
}

export function sandboxSnaps(): SandboxSnapSummary[] {
  return RECIPES.map(({ name, publisherId, channels }) => ({
    name,
    publisherId,
    channels: [...new Set(channels.flat())],
  }));
}

/**
 * Signs and pushes the sandbox's snaps. Snaps that exist already are unchanged, so that the next start completes
 * an interrupted one.
 *
 * @param directory - the sandbox's data directory
 */
export async function pushSandboxSnaps(
  imports: ImportService,
  stack: StoreStack,
  directory: string,
): Promise<void> {
  const folder = join(directory, 'pushing');
  try {
    for (const { name, snapId, publisherId, channels, components = [], pictures } of RECIPES) {
      stack.account(publisherId, {
        headers: { 'display-name': PUBLISHERS[publisherId] },
      });
      let newest: SignedSnapFile | undefined;
      for (const [index, released] of channels.entries()) {
        const revision = index + 1;
        const source = join(assetsDirectory('sandbox'), `${name}_${revision}.snap`);
        newest = await pushSigned(
          imports,
          stack,
          publisherId,
          {
            source,
            name,
            snapId,
            revision,
            channels: released,
            components: components.filter(({ snapRevision }) => snapRevision === revision),
          },
          folder,
        );
      }
      if (newest && pictures) await pushListing(imports, stack, publisherId, newest, pictures, folder);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
