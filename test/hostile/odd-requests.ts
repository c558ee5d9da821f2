import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { SNAP_FIELDS } from '../bench/snapd-request.js';
import { AUTH } from './device-talk.js';
import { get, post, postHead } from './http-bytes.js';
import { ACTIONS, download, knownSnaps, REFRESH, type MakeRequest } from './requests.js';

/** Node reads at most 16 KiB of the head of a request. */
const HEADER_CHARACTERS = 14_000;

const CHUNKED = { 'Transfer-Encoding': 'chunked' };

/** A body is announced and asked for, but never sent. */
export const expectContinue: MakeRequest = () =>
  postHead(REFRESH, { Expect: '100-continue', 'Content-Length': '60000' });

export function chunkExtension(bytes: number): MakeRequest {
  return () =>
    Buffer.concat([postHead(REFRESH, CHUNKED), Buffer.from(`2;${'e'.repeat(bytes)}\r\n{}\r\n0\r\n\r\n`)]);
}

/** @param bytes - of the body, each of which is sent in its own chunk: six times as many are sent */
export function oneByteChunks(bytes: number): MakeRequest {
  return () =>
    Buffer.concat([
      postHead(REFRESH, CHUNKED),
      Buffer.alloc(6 * bytes, '1\r\n \r\n'),
      Buffer.from('0\r\n\r\n'),
    ]);
}

/** The same without the last chunk: the body stays in memory. */
export function unfinishedChunks(bytes: number): MakeRequest {
  return () => Buffer.concat([postHead(REFRESH, CHUNKED), Buffer.alloc(6 * bytes, '1\r\n \r\n')]);
}

export const manyRanges: MakeRequest = ({ largePath }) =>
  get(largePath, { Range: `bytes=${'0-,'.repeat(HEADER_CHARACTERS / 3)}0-` });

/** 50 MB of spaces, in 50 kB. */
export const gzipBomb: MakeRequest = () =>
  post(REFRESH, gzipSync(Buffer.alloc(50 << 20, ' ')), { 'Content-Encoding': 'gzip' });

export const manyHeaders: MakeRequest = (_target, serial) =>
  get(
    '/v2/snaps/info/bench-1',
    Object.fromEntries(Array.from({ length: 1_900 }, (_, index) => [`x${serial}${index.toString(36)}`, ''])),
  );

export const status: MakeRequest = () => get('/');

/** Methods that the store does not support, in turn. */
export const oddMethods: MakeRequest = ({ largePath }, serial) =>
  get(largePath, {}, ['OPTIONS', 'TRACE', 'CONNECT', 'PROPFIND'][serial % 4]);

export const headDownload: MakeRequest = ({ largePath }) => get(largePath, {}, 'HEAD');

export const manyEtags: MakeRequest = ({ largePath, snaps }, serial) =>
  get([`/v2/snaps/info/bench-${1 + (serial % snaps)}`, '/api/v1/snaps/names', largePath][serial % 3] ?? '/', {
    'If-None-Match': '"x", '.repeat(HEADER_CHARACTERS / 5),
  });

export const cohortsKnown: MakeRequest = (_target, serial) =>
  post('/v2/cohorts', {
    snaps: Array.from({ length: 500 }, (_, index) => `bench-${1 + serial * 500 + index}`),
  });

export const nonces: MakeRequest = () => post(`${AUTH}/nonces`, '');

export const mediaMadeUp: MakeRequest = () =>
  get(`/api/v1/snaps/media/${randomBytes(24).toString('hex')}.png`);

/** The same query, spelt differently each time. */
export const infoSpellings: MakeRequest = (_target, serial) => {
  const fields = SNAP_FIELDS.toSorted(() => Math.random() - 0.5).join();
  const architecture = ['AMD64', 'amd64', 'amd64 ', 'all', 'ARM64'][serial % 5] ?? '';
  return get(
    `/v2/snaps/info/bench-${1 + (serial % 50)}?architecture=${encodeURIComponent(architecture)}&fields=${fields}&x=${serial}`,
  );
};

/** Different snaps, fields and channels in each request. */
export const refreshSpellings: MakeRequest = ({ snaps }, serial) =>
  post(REFRESH, {
    context: [],
    fields: SNAP_FIELDS.toSorted(() => Math.random() - 0.5).slice(0, 5 + (serial % 20)),
    actions: Array.from({ length: ACTIONS }, (_, index) => ({
      action: 'install',
      name: `bench-${1 + ((serial * ACTIONS + index * 7) % snaps)}`,
      'instance-key': `${index}`,
      channel: ['stable', 'latest/edge', 'latest/beta/x'][serial % 3],
    })),
  });

/** Each claims another address, in case the store trusts the header. */
export const forwarded: MakeRequest = (target, serial) =>
  Buffer.from(
    knownSnaps(100)(target, serial)
      .toString('latin1')
      .replace('\r\n', `\r\nX-Forwarded-For: 10.${serial % 250}.${(serial >> 3) % 250}.7\r\n`),
    'latin1',
  );

export const unknownSequence: MakeRequest = () =>
  get(`/v2/assertions/validation-set/16/nobody/${randomBytes(12).toString('hex')}?sequence=latest`);

export const deltaFormats: MakeRequest = (target, serial) =>
  Buffer.from(
    knownSnaps(100)(target, serial)
      .toString('latin1')
      .replace('\r\n', `\r\nSnap-Accept-Delta-Format: ${'xdelta3,'.repeat(1_500)}\r\n`),
    'latin1',
  );

/** Long answers and a file, in turn. */
export const answersAndFiles: MakeRequest = (target, serial) =>
  serial % 2 === 0 ? download(target, serial) : knownSnaps(2_000, {}, true)(target, serial);

export const oddNames: MakeRequest = (_target, serial) =>
  get(`/v2/snaps/info/${'%F0%9F%92%A9'.repeat(20)}${serial}${'%CC%81'.repeat(500)}`);

export const oddSearches: MakeRequest = (_target, serial) =>
  get(`/v2/snaps/find?q=${'%25_%5C'.repeat(200)}${'%EF%B7%BA'.repeat(100 + (serial % 50))}`);
