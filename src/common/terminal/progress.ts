import { progressBar } from './terminal.js';

/** Receives the progress of work on files, one after another. */
export interface FileProgress {
  /**
   * @param label - of the file, such as its name
   * @param sizeBytes - all of its bytes
   * @param presentBytes - the bytes that were done before; 0 if it is missing
   */
  readonly begin: (label: string, sizeBytes: number, presentBytes?: number) => void;
  readonly advance: (bytes: number) => void;
  readonly end: () => void;
}

/** Ignores progress. */
export const NO_PROGRESS: FileProgress = {
  begin: () => undefined,
  advance: () => undefined,
  end: () => undefined,
};

const MEGABYTE = 1e6;
const DONE = '{label} [{bar}] {percentage}% {megabytes}/{total_megabytes} MB';
const FORMAT = {
  /** For work on local files. */
  plain: `${DONE}, {eta_formatted} left`,
  /** For downloads. */
  speed: `${DONE}, {speed} MB/s, {eta_formatted} left`,
} as const;

/** Shows progress as a bar; it shows nothing if the standard error is not a terminal. */
export function shownProgress(format: keyof typeof FORMAT): FileProgress {
  const bar = progressBar(FORMAT[format]);
  if (!bar) return NO_PROGRESS;
  let startBytes = 0;
  let bytes = 0;
  let since = 0;
  const values = () => ({
    megabytes: Math.round((startBytes + bytes) / MEGABYTE),
    speed: (bytes / MEGABYTE / Math.max(0.001, (Date.now() - since) / 1_000)).toFixed(1),
  });
  return {
    begin: (label, sizeBytes, presentBytes = 0) => {
      [startBytes, bytes, since] = [presentBytes, 0, Date.now()];
      const total = { total_megabytes: Math.round(sizeBytes / MEGABYTE) };
      bar.start(label, sizeBytes, startBytes, { ...total, ...values() });
    },
    advance: (count) => {
      bytes += count;
      bar.update(startBytes + bytes, values());
    },
    end: () => bar.stop(),
  };
}
