import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UPLOAD_FLUSH_BYTES } from '../../../src/blobs/upload-files.service.js';
import { MAX_METADATA_LENGTH, MAX_UPLOAD_NAME_BYTES } from '../../../src/imports/uploads/tus.js';
import {
  MAX_PARTS_PER_PRINCIPAL,
  MAX_UPLOADS,
  MAX_UPLOADS_PER_PRINCIPAL,
} from '../../../src/imports/uploads/upload.js';
import { UploadsService } from '../../../src/imports/uploads/uploads.service.js';
import { TokensService } from '../../../src/management/tokens.service.js';
import { SettingsService } from '../../../src/settings/settings.service.js';
import { head, RawConnection } from '../../support/raw-connection.js';
import { tarOf } from '../../support/tar-file.js';
import { partsOf, TestPublisher, writePair } from '../../support/test-snaps.js';
import { until } from './hold.js';
import { NetworkStore, type NetworkClient } from './network-store.js';

const publisher = new TestPublisher();
let world: NetworkStore;
let client: NetworkClient;
let names = 0;

beforeAll(async () => {
  world = await NetworkStore.start(publisher);
  await world.run();
});
afterAll(() => world.stop());
beforeEach(async () => {
  await world.store.query('delete from push_upload');
  await world.store.app.get(UploadsService).clear();
  client = await world.client(`client-${(names += 1)}`);
});

async function set(key: string, value: string): Promise<void> {
  await world.store.app.get(SettingsService).set([[key, value]]);
}

function uploadFolders(): string[] {
  return readdirSync(join(world.store.dataDir, 'blobs/incoming')).filter((name) =>
    name.startsWith('upload-'),
  );
}

/** The head of a request that sends the whole of a file. */
function partHead(id: string, lengthBytes: number): string {
  return head('PATCH', `/admin/v1/uploads/${id}`, {
    Authorization: `Bearer ${client.token}`,
    'Tus-Resumable': '1.0.0',
    'Upload-Offset': '0',
    'Content-Type': 'application/offset+octet-stream',
    'Content-Length': String(lengthBytes),
  });
}

describe('an upload', () => {
  it('goes on after a cut at any byte, and is imported', async () => {
    const bundle = await tarOf(
      partsOf([publisher.snap({ name: 'resumed', revision: 1, padding: randomBytes(300_000) })]),
    );
    const id = await client.begun(bundle.length, 'resumed.tar.gz');
    let offset = 0;
    for (const cut of [0, 1, 2, 65_535, 65_536, 100_000, bundle.length - 1]) {
      const after = Math.max(cut - offset, 0);
      await client.cutOff(id, { offset, bytes: bundle.subarray(offset) }, after);
      const next = await client.offset(id);
      // The system may have dropped the last bytes with the connection, but never invents any.
      expect(next).toBeGreaterThanOrEqual(offset);
      expect(next).toBeLessThanOrEqual(Math.max(cut, offset));
      offset = next;
    }
    let rest = await client.patch(id, { offset, bytes: bundle.subarray(offset) });
    // What came last over a broken connection may be counted after the offset was told: then it is asked again.
    while (rest.status === 409) {
      offset = await client.offset(id);
      rest = await client.patch(id, { offset, bytes: bundle.subarray(offset) });
    }
    expect([rest.status, rest.headers.get('upload-offset')]).toEqual([204, String(bundle.length)]);
    expect(await client.ended(await client.importing([id]))).toMatchObject({ state: 'done' });
  });

  it('arrives byte by byte', async () => {
    const bytes = Buffer.from('abc');
    const id = await client.begun(bytes.length);
    for (const offset of [0, 1, 2]) {
      const part = { offset, bytes: bytes.subarray(offset, offset + 1) };
      expect((await client.patch(id, part)).status).toBe(204);
    }
    expect(await client.offset(id)).toBe(3);
  });

  it('is flushed and counted while it arrives', async () => {
    const bytes = randomBytes(UPLOAD_FLUSH_BYTES + 100);
    const id = await client.begun(bytes.length + 1);
    expect((await client.patch(id, { offset: 0, bytes })).headers.get('upload-offset')).toBe(
      String(bytes.length),
    );
    const file = join(world.store.dataDir, 'blobs/incoming', `upload-${id}`, 'file');
    expect(statSync(file).size).toBe(bytes.length);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('takes a part only where the file ends, and not beyond its length', async () => {
    const id = await client.begun(10);
    const bytes = Buffer.alloc(4, 'x');
    expect((await client.patch(id, { offset: 1, bytes })).status).toBe(409);
    expect((await client.patch(id, { offset: 0, bytes })).status).toBe(204);
    const again = await client.patch(id, { offset: 0, bytes });
    expect([again.status, again.json['detail']]).toEqual([409, expect.stringContaining('from byte 4')]);
    expect((await client.patch(id, { offset: 4, bytes: Buffer.alloc(7) })).status).toBe(413);
    expect((await client.patch(id, { offset: 4, bytes: Buffer.alloc(6) })).status).toBe(204);
    expect((await client.patch(id, { offset: 10, bytes: Buffer.alloc(1) })).status).toBe(413);
    expect(await client.offset(id)).toBe(10);
  });

  it('keeps a part with a checksum only if it matches', async () => {
    const bytes = Buffer.from('content');
    const id = await client.begun(bytes.length);
    const digest = (name: string, of: Buffer) => createHash(name).update(of).digest('base64');
    const patch = async (checksum: string) =>
      (await client.patch(id, { offset: 0, bytes, headers: { 'upload-checksum': checksum } })).status;
    expect(await patch('md5 AAAAAAAAAAAAAAAAAAAAAA==')).toBe(400);
    expect(await patch('sha1 AAAA')).toBe(400);
    expect(await patch(`sha1 ${digest('sha1', Buffer.from('other'))}`)).toBe(460);
    expect(await client.offset(id)).toBe(0);
    expect(await patch(`sha256 ${digest('sha256', bytes)}`)).toBe(204);
    expect(await client.offset(id)).toBe(bytes.length);
  });

  it('ends a part that still arrives when its client comes back', async () => {
    const id = await client.begun(100);
    const port = Number(new URL(world.url).port);
    const first = await RawConnection.open(port);
    first.write(partHead(id, 100));
    first.write('x'.repeat(10));
    await until(() => Promise.resolve(uploadFolders().length === 1));
    // It says nothing more: its network is gone.
    const offset = await client.offset(id);
    await first.untilClosed();
    expect((await client.patch(id, { offset, bytes: Buffer.alloc(100 - offset) })).status).toBe(204);
  });

  it('belongs to who began it', async () => {
    const other = await world.client(`other-${names}`);
    const id = await client.begun(3);
    await client.patch(id, { offset: 0, bytes: Buffer.from('abc') });
    expect((await other.tus('HEAD', `uploads/${id}`)).status).toBe(404);
    expect((await other.ask('GET', `uploads/${id}`)).status).toBe(404);
    expect((await other.patch(id, { offset: 3, bytes: Buffer.from('') })).status).toBe(404);
    expect((await other.tus('DELETE', `uploads/${id}`)).status).toBe(404);
    expect((await other.import([id])).status).toBe(404);
    expect((await other.ask('GET', 'uploads')).json['items']).toEqual([]);
    expect((await client.ask('GET', 'uploads')).json['items']).toHaveLength(1);
    expect((await client.tus('DELETE', `uploads/${id}`)).status).toBe(204);
    expect((await client.ask('GET', `uploads/${id}`)).status).toBe(404);
    expect(uploadFolders()).toEqual([]);
  });

  it('stops at the next request when its token is revoked', async () => {
    const id = await client.begun(2);
    expect((await client.patch(id, { offset: 0, bytes: Buffer.from('a') })).status).toBe(204);
    await world.store.app.get(TokensService).revoke(`client-${names}`);
    expect((await client.patch(id, { offset: 1, bytes: Buffer.from('b') })).status).toBe(401);
    expect((await client.tus('HEAD', `uploads/${id}`)).status).toBe(401);
  });
});

describe('a request', () => {
  it('needs the version, the media type, a length, and no bytes where an upload begins', async () => {
    expect((await client.ask('POST', 'uploads', { headers: { 'upload-length': '3' } })).status).toBe(412);
    const id = await client.begun(3);
    const typed = await client.patch(id, {
      offset: 0,
      bytes: Buffer.from('abc'),
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(typed.status).toBe(415);
    for (const length of ['0', '-1', '1e3', '9'.repeat(17), ''])
      expect(
        (
          await client.tus('POST', 'uploads', {
            headers: { 'upload-length': length, 'upload-metadata': 'filename YQ==' },
          })
        ).status,
      ).toBe(400);
    const withBytes = await client.tus('POST', 'uploads', {
      headers: { 'upload-length': '3', 'upload-metadata': 'filename YQ==' },
      body: Buffer.from('abc'),
    });
    expect(withBytes.json['detail']).toContain('send them with PATCH');
    for (const odd of ['../../etc/passwd', '0', '%2e%2e', 'a'.repeat(36)])
      expect((await client.ask('GET', `uploads/${encodeURIComponent(odd)}`)).status).toBe(404);
  });

  it('is told what the store does', async () => {
    const { status, headers } = await client.tus('OPTIONS', 'uploads');
    expect([status, headers.get('tus-version'), headers.get('tus-extension')]).toEqual([
      204,
      '1.0.0',
      'creation,expiration,checksum,termination',
    ]);
    expect(headers.get('tus-max-size')).toBe(String(128 * 2 ** 30));
  });

  it.each([
    ['a path', '../../../etc/cron.d/x'],
    ['a folder', 'a/b.snap'],
    ['a folder of Windows', 'C:\\fakepath\\a.snap'],
    ['the folder above', '..'],
    ['NUL', 'a\0b'],
    ['a line break', 'a\nSet-Cookie: x=y'],
    ['an escape of terminals', 'a\u001b[2Jb'],
    ['text that runs backwards', 'a\u202Egpj.exe'],
    ['spaces at the end', 'a.snap '],
    ['nothing', ''],
    ['too much', 'a'.repeat(MAX_UPLOAD_NAME_BYTES + 1)],
  ])('with a filename of %s is refused', async (_what, name) => {
    const { status, json } = await client.begin(3, name);
    expect([status, json['errors']]).toMatchObject([400, [{ field: 'Upload-Metadata' }]]);
  });

  it.each([
    'a'.repeat(MAX_UPLOAD_NAME_BYTES),
    '<img src=x onerror=alert(1)>.snap',
    `'; drop table snap; --`,
    'né é.snap',
  ])('with the filename %j keeps it as text', async (name) => {
    const id = await client.begun(3, name);
    expect((await client.ask('GET', `uploads/${id}`)).json['filename']).toBe(name);
    expect((await client.patch(id, { offset: 0, bytes: Buffer.from('abc') })).status).toBe(204);
    const job = await client.ended(await client.importing([id]));
    expect(job).toMatchObject({ state: 'refused', files: [{ filename: name }] });
  });

  it('has metadata of a limited length, and of the form that tus says', async () => {
    const begin = async (metadata: string) =>
      (
        await client.tus('POST', 'uploads', {
          headers: { 'upload-length': '3', 'upload-metadata': metadata },
        })
      ).status;
    const short = 'filename YQ==,';
    expect(await begin(short + 'k'.repeat(MAX_METADATA_LENGTH - short.length))).toBe(201);
    expect(await begin(short + 'k'.repeat(MAX_METADATA_LENGTH + 1 - short.length))).toBe(400);
    for (const wrong of [
      'filename',
      'filename YQ==,filename YQ==',
      'filename %%%',
      'filename /w==',
      ',',
      'other YQ==',
    ])
      expect([wrong, await begin(wrong)]).toEqual([wrong, 400]);
  });
});

describe('the store', () => {
  it('takes as many bytes as the quotas say, of one and of all', async () => {
    const other = await world.client(`other-${names}`);
    await set('proxy.uploads.quota-bytes', '1500');
    await set('proxy.uploads.quota-bytes-each', '1000');
    try {
      const tooLong = await client.begin(1_001);
      expect([tooLong.status, tooLong.json['code']]).toEqual([413, 'too-large']);
      await client.begun(400);
      const overOwn = await client.begin(601);
      expect([overOwn.status, overOwn.json['detail']]).toEqual([
        429,
        expect.stringContaining('proxy.uploads.quota-bytes-each is 1000'),
      ]);
      await client.begun(600);
      expect((await other.begin(501)).json['detail']).toContain('proxy.uploads.quota-bytes is 1500');
      await other.begun(500);
      expect((await other.begin(1)).status).toBe(429);
    } finally {
      await set('proxy.uploads.quota-bytes', String(2 ** 38));
      await set('proxy.uploads.quota-bytes-each', String(2 ** 37));
    }
  });

  it('takes no upload that does not fit on its disk', async () => {
    await set('proxy.uploads.quota-bytes', String(2 ** 52));
    await set('proxy.uploads.quota-bytes-each', String(2 ** 52));
    const { status, json } = await client.begin(2 ** 50);
    expect([status, json['detail']]).toEqual([429, expect.stringContaining('the disk of the store')]);
    await set('proxy.uploads.quota-bytes', String(2 ** 38));
    await set('proxy.uploads.quota-bytes-each', String(2 ** 37));
  });

  it(`receives ${MAX_PARTS_PER_PRINCIPAL} parts of one client at the same time`, async () => {
    const port = Number(new URL(world.url).port);
    const open: RawConnection[] = [];
    const send = async () => {
      const id = await client.begun(100);
      const connection = await RawConnection.open(port);
      open.push(connection);
      connection.write(partHead(id, 100) + 'x');
      return connection;
    };
    for (let sent = 0; sent < MAX_PARTS_PER_PRINCIPAL; sent += 1) await send();
    // All of them have their file by now, or will before the next one is looked at.
    await until(() => Promise.resolve(uploadFolders().length === MAX_PARTS_PER_PRINCIPAL));
    const refused = await send();
    await refused.untilHeard('429');
    for (const connection of open) connection.end();
    const id = await client.begun(1);
    let status = 429;
    while (status === 429) ({ status } = await client.patch(id, { offset: 0, bytes: Buffer.from('x') }));
    expect(status).toBe(204);
  });

  it('survives 500 uploads that are begun and left, and forgets them when they expire', async () => {
    const clients = await Promise.all(
      Array.from({ length: 5 }, (_, index) => world.client(`leaver-${index}`)),
    );
    const statuses: number[] = [];
    for (const leaver of clients)
      for (let count = 0; count <= MAX_UPLOADS_PER_PRINCIPAL; count += 10)
        statuses.push(
          ...(await Promise.all(
            Array.from({ length: 10 }, async () => {
              const { status, json } = await leaver.begin(1_000);
              if (status === 201)
                await leaver.cutOff(String(json['id']), { offset: 0, bytes: Buffer.alloc(1_000) }, 100);
              return status;
            }),
          )),
        );
    expect(statuses.filter((status) => status === 201)).toHaveLength(MAX_UPLOADS);
    expect(statuses.filter((status) => status === 429)).toHaveLength(statuses.length - MAX_UPLOADS);
    expect(uploadFolders().length).toBeLessThanOrEqual(MAX_UPLOADS);
    expect((await client.begin(10)).status).toBe(429);
    // The store goes on.
    expect((await fetch(`${world.url}/healthz`)).status).toBe(200);
    await world.store.push(
      await (async () => {
        return await writePair(world.store.directory, publisher.snap({ name: 'meanwhile', revision: 1 }));
      })(),
    );
    // A push sweeps what other processes left, and no uploads.
    await world.store.query(`update push_upload set expires_at = now() - interval '1 second'`);
    await world.store.app.get(UploadsService).clear();
    expect(uploadFolders()).toEqual([]);
    expect((await client.begin(10)).status).toBe(201);
  });

  it('removes files of which no row knows, and keeps uploads when a push sweeps', async () => {
    const id = await client.begun(3);
    await client.patch(id, { offset: 0, bytes: Buffer.from('abc') });
    await world.store.push(
      await writePair(world.store.directory, publisher.snap({ name: 'sweeper', revision: 1 })),
    );
    expect(uploadFolders()).toEqual([`upload-${id}`]);
    await world.store.query('delete from push_upload');
    await world.store.app.get(UploadsService).clear();
    expect(uploadFolders()).toEqual([]);
  });
});
