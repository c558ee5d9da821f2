import { onInterruption, type StopSignal } from './interruption.js';

/** Waits for Ctrl-C or a stop by the service manager. @returns which of them it was */
export async function untilSignal(): Promise<StopSignal> {
  return await new Promise<StopSignal>((resolve) => {
    const done = onInterruption((signal) => {
      done();
      resolve(signal);
    });
  });
}
