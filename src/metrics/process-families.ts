import { monitorEventLoopDelay } from 'node:perf_hooks';
import { findOwnProgram } from '../common/files/program.js';
import { by, counter, gauge, one, type FamilySource } from './family.js';

/** How often the delay of the event loop is measured, in milliseconds. Each measurement contains this time. */
const RESOLUTION_MS = 20;
const PERCENTILES = [50, 90, 99];

/** The delay since the last scrape, in seconds. */
function delays(): () => Record<string, number> {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  const seconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1e3);
  return () => {
    const values = Object.fromEntries(
      PERCENTILES.map((percentile) => [String(percentile / 100), seconds(histogram.percentile(percentile))]),
    );
    const all = { ...values, '1': seconds(histogram.max) };
    histogram.reset();
    return all;
  };
}

/** What the operating system and the runtime know of this process. */
export function processFamilies(): FamilySource[] {
  const delay = delays();
  const cpuSeconds = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  const startedAt = Date.now() / 1e3 - process.uptime();
  const version = findOwnProgram()?.version;
  return [
    counter('process_cpu_seconds', 'Time that the process used all processors together.', () =>
      one(cpuSeconds()),
    ),
    gauge('process_resident_memory_bytes', 'Memory of the process.', () => one(process.memoryUsage.rss())),
    gauge('process_start_time_seconds', 'When the process started, in seconds since 1970.', () =>
      one(startedAt),
    ),
    gauge(
      'event_loop_delay_seconds',
      'How late the event loop was since the last scrape; quantile 1 is the longest.',
      () => by('quantile', delay()),
    ),
    gauge('build_info', 'The version of the program; the value is always 1.', () =>
      version === undefined ? [] : by('version', { [version]: 1 }),
    ),
  ];
}
