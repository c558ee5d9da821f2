import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const PROJECT = resolve(import.meta.dirname, '../..');

/** The page that started the project, kept beside it; and this project's own telling of it. */
const PAGES = [
  resolve(PROJECT, '../shared/seed/air-gapped-mode.md'),
  join(PROJECT, 'docs/air-gapped-mode.md'),
] as const;

/** What the page's text leaves to its reader. */
const PLACEHOLDER = '$<domain-or-ip-of-the-air-gapped-proxy>';

/** A block of shell commands on the page, with the heading that it is under. */
export interface Block {
  readonly heading: string;
  readonly script: string;
}

/** The pages that are here; the first one is executed. */
export function pagePaths(): string[] {
  return PAGES.filter((path) => existsSync(path));
}

/** Whoever runs the tests is root, so `sudo` is left out; the program is there already, so `snap install` is. */
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
 * The page's shell commands, in its order.
 *
 * @param domain - stands for the placeholder
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
