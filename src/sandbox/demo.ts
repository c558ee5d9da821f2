import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { AppModule } from '../app.module.js';
import { DATA_VARIABLE } from '../common/files/data-directory.js';
import { untilSignal } from '../common/terminal/until-signal.js';
import { ImportsModule } from '../imports/imports.module.js';
import { createServer } from '../server.js';
import { tellStory, type DemoStory } from './demo-story.js';

/** The server and the import in one process, so that the demo needs no other process. */
@Module({ imports: [AppModule, ImportsModule] })
class DemoModule {}

/** Runs the demo in its own data directory, which is removed at the end. */
export async function runDemo(tell: (story: DemoStory) => void, once: boolean): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'snap-store-demo-'));
  // If run as root, the embedded server uses its own account, which must be able to enter this directory.
  await chmod(directory, 0o711);
  process.env[DATA_VARIABLE] = join(directory, 'data');
  try {
    const app = await createServer(DemoModule);
    try {
      tell(await tellStory(app, directory));
      if (!once) await untilSignal();
    } finally {
      await app.close();
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
