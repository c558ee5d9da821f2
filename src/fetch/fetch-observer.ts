import { NO_PROGRESS, shownProgress } from '../common/terminal/progress.js';
import { printLine, printNote } from '../common/terminal/terminal.js';
import type { FetchObserver } from './fetch-run.js';

/** Prints progress; with `--json`, it prints only warnings, to standard error. */
export function fetchObserver(json: boolean): FetchObserver {
  return {
    say: json ? () => undefined : printLine,
    warn: (line) => printNote(`warning: ${line}`),
    download: json ? NO_PROGRESS : shownProgress('speed'),
  };
}
