import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoreError } from '../common/errors.js';
import { parseConnectionUrl, redactConnection, withPassword } from './connection-url.js';

const SOCKETS = '/var/run/postgresql';

describe('parseConnectionUrl', () => {
  it.each([
    ['postgresql://', { host: SOCKETS, port: 5432, user: undefined, database: undefined }],
    ['postgresql:///store', { host: SOCKETS, database: 'store' }],
    ['postgres://db/store', { host: 'db', port: 5432, database: 'store' }],
    [
      'postgresql://ann:s%40cret%2F@db:6432/my%20store',
      { user: 'ann', password: 's@cret/', host: 'db', port: 6432, database: 'my store' },
    ],
    ['postgresql://ann@db', { user: 'ann', password: undefined, host: 'db', database: undefined }],
    ['postgresql://ann:@db/store', { user: 'ann', password: undefined }],
    ['postgresql:///store?host=/run/pg&port=5433', { host: '/run/pg', port: 5433, database: 'store' }],
    ['postgresql://%2Frun%2Fpg/store', { host: '/run/pg', database: 'store' }],
    ['postgresql://ann@/store?host=%2Frun%2Fpg', { host: '/run/pg', user: 'ann', database: 'store' }],
    ['postgresql://[2001:db8::1]:5433/store', { host: '2001:db8::1', port: 5433 }],
    ['postgresql://db/store?user=ben&password=a%26b', { user: 'ben', password: 'a&b' }],
    ['postgresql://db?dbname=store', { database: 'store' }],
    ['postgresql://db:65535/store', { port: 65_535 }],
    ['postgresql://db:1/store', { port: 1 }],
    ['postgresql://db/store?connect_timeout=3', { connectTimeoutSeconds: 3 }],
    ['postgresql://db/a+b', { database: 'a+b' }],
  ])('reads %s', (url, expected) => expect(parseConnectionUrl(url)).toMatchObject(expected));

  it.each([
    ['', { mode: 'optional', options: { rejectUnauthorized: false } }],
    ['?sslmode=disable', { mode: 'off' }],
    ['?sslmode=allow', { mode: 'off' }],
    ['?sslmode=prefer', { mode: 'optional', options: { rejectUnauthorized: false } }],
    ['?sslmode=require', { mode: 'required', options: { rejectUnauthorized: false } }],
    ['?sslmode=verify-ca', { mode: 'required', options: { rejectUnauthorized: true } }],
    ['?sslmode=verify-full', { mode: 'required', options: { rejectUnauthorized: true } }],
    ['?host=/run/pg&sslmode=verify-full', { mode: 'off' }],
  ])('maps %j to TLS', (query, tls) =>
    expect(parseConnectionUrl(`postgresql://db/store${query}`).tls).toMatchObject(tls),
  );

  it('checks the name in the certificate in verify-full only', () => {
    const [ca, full] = ['verify-ca', 'verify-full'].map(
      (mode) => parseConnectionUrl(`postgresql://db/store?sslmode=${mode}`).tls,
    );
    expect(ca).toHaveProperty('options.checkServerIdentity');
    expect(full).not.toHaveProperty('options.checkServerIdentity');
  });

  it('checks the signer in require if a root certificate is given', () => {
    const folder = mkdtempSync(join(tmpdir(), 'url-'));
    const path = join(folder, 'root.crt');
    writeFileSync(path, 'PEM');
    expect(parseConnectionUrl(`postgresql://db/store?sslmode=require&sslrootcert=${path}`).tls).toMatchObject(
      {
        mode: 'required',
        options: { rejectUnauthorized: true, ca: 'PEM' },
      },
    );
    rmSync(folder, { recursive: true });
  });

  it.each([
    'secret',
    'mysql://ann:secret@db/store',
    'postgresql:/ann:secret@db/store',
    'postgresql://ann:secret@db:0/store',
    'postgresql://ann:secret@db:65536/store',
    'postgresql://ann:secret@db:5432x/store',
    'postgresql://ann:secret@db1,db2/store',
    'postgresql://ann:secret@db:1,2/store',
    'postgresql://ann:sec@secret@db/store',
    'postgresql://ann:sec/secret@db/store',
    'postgresql://ann:secret%zz@db/store',
    'postgresql://ann:secret%00@db/store',
    'postgresql://ann:secret@db/store?sslmode=perhaps',
    'postgresql://ann@db/store?p%61ssword=secret',
    'postgresql://ann@db/store?secret=1',
    'postgresql://ann@db/store?secret',
    'postgresql://ann:secret@db/store?connect_timeout=soon',
    'postgresql://ann:secret@db/store?sslrootcert=/nowhere/secret',
    'postgresql://ann:secret@[::1/store',
  ])('refuses %s in one line that repeats no part of it', (url) => {
    const refused = (() => {
      try {
        return parseConnectionUrl(url);
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toBeInstanceOf(StoreError);
    expect(refused).toMatchObject({ code: 'invalid-setting' });
    expect((refused as StoreError).message).toMatch(/^cannot use the database connection URL: [^\n]+[^.\n]$/);
    expect((refused as StoreError).message).not.toContain('secret');
  });

  it('returns what was encoded', () => {
    const text = fc.string({ minLength: 1, unit: 'binary' }).filter((value) => !value.includes('\0'));
    fc.assert(
      fc.property(text, text, text, (user, password, database) => {
        const [u, p, d] = [user, password, database].map(encodeURIComponent);
        expect(parseConnectionUrl(`postgresql://${u}:${p}@db/${d}`)).toMatchObject({
          user,
          password,
          database,
        });
      }),
    );
  });
});

describe('redactConnection', () => {
  it.each([
    ['postgresql://ann:secret@db:5432/store', 'postgresql://ann:<redacted>@db:5432/store'],
    ['postgresql://ann@db/store', 'postgresql://ann@db/store'],
    ['postgresql://ann:se@cr/e?t@db/store', 'postgresql://ann:<redacted>@db/store'],
    [
      'postgresql://db/store?user=ann&password=secret&port=1',
      'postgresql://db/store?user=ann&password=<redacted>&port=1',
    ],
    ['postgresql:///store?host=/run/pg', 'postgresql:///store?host=/run/pg'],
    ['host=db password=secret user=ann', 'host=db password=<redacted> user=ann'],
    ['', ''],
  ])('shows %j as %j', (url, shown) => expect(redactConnection(url)).toBe(shown));
});

describe('withPassword', () => {
  it.each([
    ['postgresql://user@db/store', 'postgresql://user:p%40%2F%3F@db/store'],
    [
      'postgresql://user:old@db:1/store?sslmode=disable',
      'postgresql://user:p%40%2F%3F@db:1/store?sslmode=disable',
    ],
    [
      'postgresql://user@db/store?password=old&connect_timeout=1',
      'postgresql://user:p%40%2F%3F@db/store?connect_timeout=1',
    ],
    ['postgresql://db/store?user=me', 'postgresql://db/store?user=me&password=p%40%2F%3F'],
    ['postgres:///store', 'postgres:///store?password=p%40%2F%3F'],
    ['postgresql://user@/store?host=/run/pg', 'postgresql://user:p%40%2F%3F@/store?host=/run/pg'],
  ])('%s', (url, expected) => {
    expect(withPassword(url, 'p@/?')).toBe(expected);
    const { tls: _tls, ...before } = parseConnectionUrl(url);
    expect(parseConnectionUrl(expected)).toMatchObject({ ...before, password: 'p@/?' });
    expect(redactConnection(expected)).not.toContain('p%40');
  });
});
