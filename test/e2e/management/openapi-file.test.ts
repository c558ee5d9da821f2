import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { createTestDatabase } from '../../support/database.js';
import { freePort } from '../../support/ports.js';
import { run, serve } from '../../support/program.js';

const FILE = resolve(import.meta.dirname, '../../../docs/reference/openapi.json');

it('docs/reference/openapi.json is what the program as it is installed says; `npm run openapi` writes it', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'openapi-'));
  const database = await createTestDatabase();
  const words = ['--data', directory];
  try {
    const port = await freePort();
    const settings = [
      `proxy.db.connection=${database.url}`,
      'proxy.ipaddress=127.0.0.1',
      `proxy.port.http=${port}`,
    ];
    expect(await run([...words, 'config', ...settings])).toMatchObject({ status: 0 });
    const { url, child, ended } = await serve(words);
    const said = (await (await fetch(`${url}/admin/v1/openapi.json`)).json()) as {
      openapi: string;
      paths: object;
    };
    const page = await (await fetch(`${url}/admin/docs`)).text();
    child.kill();
    await Promise.all([once(child, 'close'), ended]);
    expect(said.openapi).toBe('3.1.0');
    expect(page).toContain('/admin/v1/session');
    const text = `${JSON.stringify(said, null, 2)}\n`;
    if (process.env['UPDATE_OPENAPI'] !== undefined) writeFileSync(FILE, text);
    expect(readFileSync(FILE, 'utf8')).toBe(text);
  } finally {
    await database.drop();
    rmSync(directory, { recursive: true });
  }
});
