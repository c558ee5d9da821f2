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

/** The server and the push in one process, so that the demo needs nothing but itself. */
@Module({ imports: [AppModule, ImportsModule] })
class DemoModule {}

/** Runs the demo in a data directory of its own, which is gone afterwards. */
export async function runDemo(tell: (story: DemoStory) => void, once: boolean): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'snap-store-demo-'));
  // Run as root, the embedded server has an account of its own, which must be able to pass through.
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
