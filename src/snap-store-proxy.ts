#!/usr/bin/env node
import 'reflect-metadata';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandFactory } from 'nest-commander';
import { CliModule } from './cli.module.js';
import { takeGlobalOptions } from './common/command-line/global-options.js';
import { StoreError } from './common/errors.js';
import { DATA_VARIABLE, dataDirectory } from './common/files/data-directory.js';
import { findOwnProgram } from './common/files/program.js';
import { actForOwner, PRIVATE_UMASK } from './common/files/store-account.js';
import { surviveClosedOutput } from './common/terminal/closed-output.js';
import { exitStatusOf, Interrupted, otherwiseOnInterruption } from './common/terminal/interruption.js';
import { TerminalLogger } from './common/terminal/terminal-logger.js';
import { printError, printStack, printText, writePrompt } from './common/terminal/terminal.js';
import { DatabaseService } from './database/database.service.js';
import { GlobalOptionsGate } from './global-options.gate.js';
import { HandOverPipe } from './remote/hand-over.js';
import { HandedCommandGate } from './remote/handed-command.gate.js';
import { SentCommandGate } from './remote/sent-command.gate.js';
import { remoteStoreOf, type StoreAddress } from './remote/store-address.js';

/** Set when the process is stopping. Errors after that are its result. */
let isLeaving = false;

function report(error: unknown): void {
  if (isLeaving) return;
  printError(error);
  if (error instanceof Interrupted) {
    process.exitCode = exitStatusOf(error.signal);
    return;
  }
  if (
    !(error instanceof StoreError) &&
    error instanceof Error &&
    process.env['SNAP_STORE_PROXY_DEBUG'] !== undefined
  )
    printStack(String(error.stack));
  process.exitCode = 1;
}

/** Before anything is written: the directory stays with the account that root runs commands for. */
function becomeOwner(): void {
  const directory = dataDirectory();
  process.env[DATA_VARIABLE] = directory;
  process.umask(PRIVATE_UMASK);
  actForOwner(directory);
}

/** Stops a command that has nothing to undo itself. PostgreSQL rolls back what was not committed. */
function leaveOnSignal(database: DatabaseService): void {
  otherwiseOnInterruption((signal) => {
    if (isLeaving) process.exit(exitStatusOf(signal));
    isLeaving = true;
    const leave = () => process.exit(exitStatusOf(signal));
    // Open connections may report that the server is stopping, but nobody listens any more.
    process.on('uncaughtException', leave);
    database.abandon().then(leave, leave);
  });
}

async function start(): Promise<void> {
  const pipe = HandOverPipe.open();
  const handed = await pipe?.receive();
  const typed = handed ? [...process.argv.slice(0, 2), ...handed.request.arguments] : process.argv;
  // Removed here because they decide where everything else is. They may stand before or after the command.
  const options = takeGlobalOptions(typed);
  const store = handed ? undefined : remoteStoreOf(options);
  const data = handed ? undefined : options.values.get('--data');
  if (data !== undefined) process.env[DATA_VARIABLE] = data;
  if (!store) becomeOwner();
  process.argv = [...options.rest];
  const app = await createApplication(store);
  try {
    if (pipe && handed) app.get(HandedCommandGate).attach(pipe, handed);
    if (store) {
      app.get(GlobalOptionsGate).leaveOutStore();
      app.get(SentCommandGate).attach(store, process.argv.slice(2));
    }
    leaveOnSignal(app.get(DatabaseService));
    await CommandFactory.runApplication(app);
  } finally {
    await app.close();
  }
}

async function createApplication(store: StoreAddress | undefined): Promise<INestApplicationContext> {
  const own = findOwnProgram()?.version;
  const isVersion = ['--version', '-V'].includes(process.argv[2] ?? '');
  const version = store && isVersion ? `${own}\n${await versionLine(store)}` : own;
  return await CommandFactory.createWithoutRunning(CliModule, {
    cliName: 'snap-store-proxy',
    ...(version !== undefined && { version }),
    logger: new TerminalLogger(),
    // Usage errors repeat arguments, which may come from file names.
    outputConfiguration: { writeOut: printText, writeErr: writePrompt },
    // An error while the application starts is one line too, not an abort with a stack trace.
    abortOnError: false,
    serviceErrorHandler: report,
  });
}

async function versionLine(store: StoreAddress): Promise<string> {
  // Loaded only here, so that other commands start faster.
  const { versionThere } = await import('./remote/run-there.js');
  return `${store.url.origin}: ${await versionThere(store)}`;
}

surviveClosedOutput();
try {
  await start();
} catch (error) {
  report(error);
}
