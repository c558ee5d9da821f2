// Runs inside the measured server: `node --import loop-watch.mjs program`. It watches how long the event loop
// was blocked, and reports it to the parent process on request. It ends the server when the parent has ended.
//
// Time in which the loop could run but the kernel gave the core to another process is not counted (`run_delay`
// of /proc/self/schedstat): a busy machine does not block the loop.
import { openSync, readSync } from 'node:fs';

const TICK_MS = 10;
const schedstat = openSync('/proc/self/schedstat');
const text = Buffer.alloc(64);

function waitedMs() {
  const length = readSync(schedstat, text, 0, text.length, 0);
  return Number(text.toString('latin1', 0, length).split(' ')[1]) / 1e6;
}

let longestMs = 0;
let before = { at: performance.now(), waited: waitedMs() };

function tick() {
  const now = { at: performance.now(), waited: waitedMs() };
  longestMs = Math.max(longestMs, now.at - before.at - TICK_MS - (now.waited - before.waited));
  before = now;
}

setInterval(tick, TICK_MS).unref();
process.on('message', (message) => {
  if (message !== 'loop') return;
  tick();
  process.send?.({ longestMs });
  longestMs = 0;
});
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
