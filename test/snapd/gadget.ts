import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SeedSnap } from './device.js';
import { requirePrepared, runOrThrow, TEST_SNAPS } from './programs.js';

/** A gadget whose configuration names the service that gives its device a serial. */
export interface DeviceService {
  readonly url: string;
  readonly apiKey: string;
  readonly proposedSerial: string;
  readonly body: string;
}

/**
 * The snaps of a classic device with a gadget that names a device service.
 *
 * @param folder - an empty folder
 * @see snapcore/snapd: overlord/devicestate/handlers_serial.go, getSerialRequestConfig
 */
export async function seedWithGadget(folder: string, service: DeviceService): Promise<SeedSnap[]> {
  const tree = join(folder, 'gadget');
  await mkdir(join(tree, 'meta/hooks'), { recursive: true });
  await writeFile(
    join(tree, 'meta/snap.yaml'),
    'name: acme-gadget\nversion: "1"\ntype: gadget\nbase: acme-base\nsummary: s\ndescription: d\narchitectures: [all]\n',
  );
  await writeFile(join(tree, 'meta/gadget.yaml'), '');
  const hook = join(tree, 'meta/hooks/prepare-device');
  await writeFile(
    hook,
    `#!/bin/sh
set -e
snapctl set device-service.url='${service.url}'
snapctl set device-service.headers='{"api-key": "${service.apiKey}"}'
snapctl set registration.proposed-serial='"${service.proposedSerial}"'
snapctl set registration.body='"${service.body}"'
`,
  );
  await chmod(hook, 0o755);
  const file = join(folder, 'acme-gadget.snap');
  const options = ['-noappend', '-comp', 'xz', '-no-xattrs', '-no-fragments', '-all-root', '-quiet'];
  await runOrThrow('mksquashfs', [tree, file, ...options, '-no-progress']);
  const others = { snapd: 'snapd_2.57.6.snap', 'acme-base': 'acme-base_1.snap' };
  return [
    ...(await Promise.all(
      Object.entries(others).map(async ([name, snap]) => ({
        name,
        bytes: await readFile(requirePrepared(join(TEST_SNAPS, snap))),
      })),
    )),
    { name: 'acme-gadget', bytes: await readFile(file) },
  ];
}
