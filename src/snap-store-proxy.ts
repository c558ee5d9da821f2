#!/usr/bin/env node
import 'reflect-metadata';
import { CommandFactory } from 'nest-commander';
import { CliModule } from './cli.module.js';
import { StoreError } from './common/errors.js';
import { DATA_VARIABLE, dataDirectory } from './common/files/data-directory.js';
import { findOwnProgram } from './common/files/program.js';
import { actForOwner, PRIVATE_UMASK } from './common/files/store-account.js';
import { surviveClosedOutput } from './common/terminal/closed-output.js';
import { exitStatusOf, Interrupted, otherwiseOnInterruption } from './common/terminal/interruption.js';
import { TerminalLogger } from './common/terminal/terminal-logger.js';
import { printError, printStack, printText, writePrompt } from './common/terminal/terminal.js';
import { takeDataOption } from './data-option.js';
import { DatabaseService } from './database/database.service.js';

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

surviveClosedOutput();
try {
  // Removed here because it decides where everything else is. It may stand before or after the command.
  const { data, rest } = takeDataOption(process.argv);
  if (data !== undefined) process.env[DATA_VARIABLE] = data;
  becomeOwner();
  process.argv = rest;
  const program = findOwnProgram();
  const app = await CommandFactory.createWithoutRunning(CliModule, {
    cliName: 'snap-store-proxy',
    ...(program && { version: program.version }),
    logger: new TerminalLogger(),
    // Usage errors repeat arguments, which may come from file names.
    outputConfiguration: { writeOut: printText, writeErr: writePrompt },
    // An error while the application starts is one line too, not an abort with a stack trace.
    abortOnError: false,
    serviceErrorHandler: report,
  });
  try {
    leaveOnSignal(app.get(DatabaseService));
    await CommandFactory.runApplication(app);
  } finally {
    await app.close();
  }
} catch (error) {
  report(error);
}
