import { Injectable } from '@nestjs/common';
import type { Setting } from '../../settings/setting.js';
import { SettingsService } from '../../settings/settings.service.js';
import { AuditService } from './audit.service.js';

/** Longest text of a setting in the audit trail, in characters. */
const MAX_TEXT_CHARACTERS = 2_000;

const SECRET = '<redacted>';

/** Writes down each change of a shared setting. The settings, below this module, only tell that something changes. */
@Injectable()
export class SettingsAuditService {
  constructor(settings: SettingsService, audit: AuditService) {
    settings.onChange((tx, before, after) => {
      const known = new Map(settings.definitions().map((setting) => [setting.key, setting]));
      for (const [key, text] of Object.entries(after)) {
        const setting = known.get(key);
        // The wrapped form of a secret is another one each time.
        if (!setting?.secret && before[key] === text) continue;
        audit.record(tx, {
          action: 'setting.change',
          subject: key,
          before: shown(setting, before[key]),
          after: shown(setting, text),
        });
      }
    });
  }
}

function shown(setting: Setting<unknown> | undefined, text: string | undefined): string | undefined {
  if (text === undefined || text === '') return text;
  // A URL that may hold a password is wrapped in the table, so what was there before cannot be shown.
  if (!setting || setting.secret || text.startsWith('$wrapped$')) return SECRET;
  return (setting.show?.(text) ?? text).slice(0, MAX_TEXT_CHARACTERS);
}
