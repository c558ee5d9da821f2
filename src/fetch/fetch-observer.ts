import { printLine, printNote, progressBar, type Bar } from '../common/terminal/terminal.js';
import type { FetchObserver } from './fetch-run.js';
import type { DownloadProgress } from './file-download.js';

const MEGABYTE = 1e6;

const FORMAT =
  '{label} [{bar}] {percentage}% {megabytes}/{total_megabytes} MB, {speed} MB/s, {eta_formatted} left';

/** Speed and time left. */
function downloadBar(bar: Bar): DownloadProgress {
  let presentBytes = 0;
  let bytes = 0;
  let since = 0;
  const state = () => ({
    megabytes: Math.round((presentBytes + bytes) / MEGABYTE),
    speed: (bytes / MEGABYTE / Math.max(0.001, (Date.now() - since) / 1_000)).toFixed(1),
  });
  return {
    begin: (label, sizeBytes, present) => {
      [presentBytes, bytes, since] = [present, 0, Date.now()];
      bar.start(label, sizeBytes, present, {
        total_megabytes: Math.round(sizeBytes / MEGABYTE),
        ...state(),
      });
    },
    advance: (count) => {
      bytes += count;
      bar.update(presentBytes + bytes, state());
    },
    end: () => bar.stop(),
  };
}

const SILENT: DownloadProgress = { begin: () => undefined, advance: () => undefined, end: () => undefined };

/** Prints progress; with `--json`, it prints only warnings, to standard error. */
export function fetchObserver(json: boolean): FetchObserver {
  const bar = json ? undefined : progressBar(FORMAT);
  return {
    say: json ? () => undefined : printLine,
    warn: (line) => printNote(`warning: ${line}`),
    download: bar ? downloadBar(bar) : SILENT,
  };
}
