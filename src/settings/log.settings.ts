import { StoreError } from '../common/errors.js';
import { booleanSetting } from './boolean-setting.js';
import type { Setting } from './setting.js';

/** From few lines to many. */
export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Which lines a server writes. */
export const LOG_LEVEL: Setting<LogLevel> = {
  key: 'proxy.log.level',
  scope: 'shared',
  description: `which lines a server logs: ${LOG_LEVELS.join(', ')}; info has a line for each request`,
  defaultText: 'info',
  parse(text) {
    const level = LOG_LEVELS.find((one) => one === text.toLowerCase());
    if (level !== undefined) return level;
    throw new StoreError(
      'invalid-setting',
      `cannot set ${LOG_LEVEL.key} to ${JSON.stringify(text)}: give ${LOG_LEVELS.slice(0, -1).join(', ')} or ${LOG_LEVELS.at(-1)}`,
    );
  },
};

/** Whether downloads are among the lines. */
export const LOG_DOWNLOADS = booleanSetting({
  key: 'proxy.log.downloads',
  description: 'whether a server also logs each download of a file',
  defaultText: 'false',
});
