import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { StoreError } from '../common/errors.js';
import { DATA_VARIABLE, dataDirectory, makeDataDirectory } from '../common/files/data-directory.js';
import { untilSignal } from '../common/terminal/until-signal.js';
import { EmbeddedPostgres } from '../database/embedded/embedded-postgres.js';
import { listening } from '../https/listening.js';
import { ImportService } from '../imports/import.service.js';
import { createServer } from '../server.js';
import { DATABASE_CONNECTION } from '../settings/database.settings.js';
import { SettingsService } from '../settings/settings.service.js';
import { UnitConfigService } from '../settings/unit-config.service.js';
import { DashboardService } from './dashboard/dashboard.service.js';
import { lockDirectory } from './directory-lock.js';
import type { Fault } from './faults/fault.js';
import { FaultsService } from './faults/faults.service.js';
import { describeSandbox, type SandboxDescription } from './sandbox-description.js';
import { pushSandboxSnaps } from './sandbox-snaps.js';
import { SandboxState } from './sandbox-state.js';
import { SandboxModule } from './sandbox.module.js';

const LOOPBACK = '127.0.0.1';

export interface SandboxOptions {
  /** 0 means any free port. */
  readonly port: number;
  /** Start from the beginning: with new keys, new accounts and no registration. */
  readonly reset: boolean;
  /** Redirect downloads to another path, as the official store does. */
  readonly redirects: boolean;
  readonly faults: readonly Fault[];
}

/** Removes a directory only if a sandbox created it. */
async function removeSandbox(directory: string): Promise<void> {
  const refuse = (why: string) => new StoreError('conflict', `cannot reset the sandbox: ${why}`);
  const names = readdirSync(directory);
  if (names.length > 0 && !names.includes('upstream'))
    throw refuse(`${directory} was not created by a sandbox`);
  if (new UnitConfigService().read()[DATABASE_CONNECTION.key])
    throw refuse(
      'it does not own its database; recreate that database yourself, and remove the data directory',
    );
  if (names.includes('postgres')) await stopDatabase(directory);
  for (const name of names) await rm(join(directory, name), { recursive: true, force: true });
}

/** A killed sandbox leaves its database server running; the last user of the server stops it. */
async function stopDatabase(directory: string): Promise<void> {
  try {
    await (await EmbeddedPostgres.acquire(directory)).release();
  } catch (error) {
    // A server that cannot be started does not prevent the removal of its data.
    if (!(error instanceof StoreError)) throw error;
  }
}

/** Runs the sandbox in `sandbox` below the data directory until it is stopped. */
export async function runSandbox(
  options: SandboxOptions,
  tell: (description: SandboxDescription) => void,
): Promise<void> {
  const directory = join(dataDirectory(), 'sandbox');
  makeDataDirectory(directory);
  const unlock = await lockDirectory(directory);
  try {
    process.env[DATA_VARIABLE] = directory;
    if (options.reset) await removeSandbox(directory);
    const state = new SandboxState(directory);
    const app = await createServer(moduleFor(state, options.redirects));
    try {
      await prepare(app, state, directory);
      for (const fault of options.faults) app.get(FaultsService).add(fault);
      const place = { host: LOOPBACK, port: options.port };
      const url = await listening(app.getHttpAdapter().getInstance().listen(place), place, {
        option: '--port',
      });
      tell(describeSandbox(state, url));
      await untilSignal();
    } finally {
      await app.close();
    }
  } finally {
    await unlock();
  }
}

function moduleFor(state: SandboxState, redirects: boolean): new () => object {
  @Module({ imports: [SandboxModule.with(state, { redirects })] })
  class RunningSandbox {}
  return RunningSandbox;
}

/** Puts everything that the sandbox signs into its database; existing entries are unchanged. */
async function prepare(app: NestFastifyApplication, state: SandboxState, directory: string): Promise<void> {
  await app.get(SettingsService).set([['proxy.trusted-assertions', state.rootFile]]);
  await app.get(DashboardService, { strict: false }).publishAll();
  await pushSandboxSnaps(app.get(ImportService, { strict: false }), state.stack, directory);
}
