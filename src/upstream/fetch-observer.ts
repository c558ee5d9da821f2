import { SingleBar } from 'cli-progress';
import { printLine } from '../common/terminal.js';
import type { FetchObserver } from './fetch-run.js';
import type { DownloadProgress } from './file-download.js';

const MEGABYTE = 1e6;

/** Speed and time left, where somebody watches. */
function downloadBar(): DownloadProgress {
  const bar = new SingleBar({
    format:
      '{label} [{bar}] {percentage}% {megabytes}/{total_megabytes} MB, {speed} MB/s, {eta_formatted} left',
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
  });
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
      bar.start(sizeBytes, present, { label, total_megabytes: Math.round(sizeBytes / MEGABYTE), ...state() });
    },
    advance: (count) => {
      bytes += count;
      bar.update(presentBytes + bytes, state());
    },
    end: () => bar.stop(),
  };
}

const SILENT: DownloadProgress = { begin: () => undefined, advance: () => undefined, end: () => undefined };

/** Tells the terminal; with `--json`, only warnings, which go to the standard error. */
export function fetchObserver(json: boolean): FetchObserver {
  return {
    say: json ? () => undefined : printLine,
    warn: (line) => process.stderr.write(`warning: ${line}\n`),
    download: json || !process.stderr.isTTY ? SILENT : downloadBar(),
  };
}
