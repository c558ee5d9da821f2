import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const PROJECT = resolve(import.meta.dirname, '../..');

/** The page that started the project, kept next to it, and this project's own version of it. */
const PAGES = [
  resolve(PROJECT, '../shared/seed/air-gapped-mode.md'),
  join(PROJECT, 'docs/air-gapped-mode.md'),
] as const;

/** The values that the page's reader must fill in. */
const PLACEHOLDER = '$<domain-or-ip-of-the-air-gapped-proxy>';

/** A block of shell commands on the page, with its heading. */
export interface Block {
  readonly heading: string;
  readonly script: string;
}

/** The pages that exist; the first one is executed. */
export function pagePaths(): string[] {
  return PAGES.filter((path) => existsSync(path));
}

/**
 * The tests run as root, so `sudo` is left out. The program is already installed, so `snap install` is left out
 * too.
 */
function asRun(script: string, domain: string): string {
  return script
    .replaceAll(/\bsudo (?:-E )?/g, '')
    .split('\n')
    .filter((line) => !line.startsWith('snap install '))
    .join('\n')
    .replaceAll(PLACEHOLDER, domain)
    .trim();
}

/**
 * Returns the page's shell commands, in the order of the page.
 *
 * @param domain - replaces the placeholder
 */
export function readBlocks(path: string, domain: string): Block[] {
  const blocks: Block[] = [];
  let heading = '';
  let open: string[] | undefined;
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (open && line.startsWith('```')) {
      blocks.push({ heading, script: asRun(open.join('\n'), domain) });
      open = undefined;
    } else if (open) open.push(line);
    else if (line.startsWith('```bash')) open = [];
    else if (line.startsWith('#')) heading = line.replace(/^#+ /, '');
  }
  return blocks;
}
