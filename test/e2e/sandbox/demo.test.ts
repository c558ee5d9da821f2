import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DemoStory } from '../../../src/sandbox/demo-story.js';
import { PROGRAM, run } from '../../support/program.js';

/** The demo creates its folder in here, so that leftovers are found. */
let temporary: string;

beforeAll(() => {
  temporary = mkdtempSync(join(tmpdir(), 'demo-test-'));
  // If run as root, the embedded server uses its own account.
  chmodSync(temporary, 0o755);
});
afterAll(() => rmSync(temporary, { recursive: true }));

function env(): Record<string, string> {
  return { TMPDIR: temporary };
}

it('prints the results as one JSON object with --once, and leaves nothing behind', async () => {
  const { status, stdout, stderr } = await run(['demo', '--once', '--json'], env());
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const story = JSON.parse(stdout) as DemoStory;
  expect(story.pushed.map(({ name, revision }) => `${name} ${revision}`)).toEqual([
    'demo-base 1',
    'demo-hello 1',
  ]);
  expect(story.asked).toEqual({ name: 'demo-hello', revision: 1, version: '1.0', channel: 'stable' });
  expect(story.chain[0]).toMatch(/^snap-revision /);
  expect(story.chain.at(-1)).toMatch(/^account-key .* \(trusted\)$/);
  expect(story.deviceCommands).toHaveLength(4);
  expect(readdirSync(temporary)).toEqual([]);
});

it('prints a few lines without colours if there is no terminal', async () => {
  const { status, stdout } = await run(['demo', '--once'], env());
  expect(status).toBe(0);
  expect(stdout).toContain('3. Verified as a device verifies');
  // oxlint-disable-next-line no-control-regex -- the test looks for colours
  expect(stdout).not.toMatch(/\u001b/);
});

it('serves until it is stopped', async () => {
  const child = spawn(process.execPath, [PROGRAM, 'demo', '--json'], {
    env: { ...process.env, ...env() },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((settle) => child.once('close', settle));
  let text = '';
  const story = await new Promise<DemoStory>((settle, fail) => {
    child.once('close', () => fail(new Error(`the demo exited: ${text}`)));
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.endsWith('}\n')) settle(JSON.parse(text) as DemoStory);
    });
  });
  const answer = await fetch(`${story.storeUrl}/v2/snaps/info/demo-hello`);
  expect(await answer.json()).toMatchObject({ name: 'demo-hello' });
  const stream = await fetch(`${story.storeUrl}/v2/auth/store/assertions`);
  expect(stream.headers.get('x-assertion-store-id')).toBe(story.storeId);
  child.kill('SIGINT');
  expect(await ended).toBe(0);
  expect(readdirSync(temporary)).toEqual([]);
});
