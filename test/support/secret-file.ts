import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Writes a secret into a file of its own. @returns the argument `@FILE`, as options and settings take it */
export function secretFile(directory: string, secret: string): string {
  const path = join(directory, `secret-${randomUUID()}`);
  writeFileSync(path, `${secret}\n`, { mode: 0o600 });
  return `@${path}`;
}
