import { parseChannel, type Channel } from '../channels/channel.js';
import { digestFromHex } from '../common/crypto/digest.js';
import { isFields, textField, type JsonFields } from '../common/domain/json.js';
import { StoreError } from '../common/errors.js';
import { isSnapName } from '../snap-files/yaml-fields.js';

/** A file's URL, size and digest. */
export interface OfferedFile {
  readonly url: URL;
  readonly sizeBytes: number;
  /** SHA3-384, 48 bytes. */
  readonly digest: Buffer;
}

/** A component of the offered revision. */
export interface OfferedComponent extends OfferedFile {
  readonly name: string;
  readonly revision: number;
}

/** The upstream store's offer for one action. */
export interface UpstreamOffer extends OfferedFile {
  readonly name: string;
  readonly snapId: string;
  readonly revision: number;
  readonly architectures: readonly string[];
  /**
   * The channel of the revision, which may be a safer risk than the requested one; undefined if the answer has
   * none.
   */
  readonly channel: Channel | undefined;
  readonly releasedAt: Date | undefined;
  /** Its meta/snap.yaml from the answer, which is not signed. */
  readonly snapYaml: string | undefined;
  readonly components: readonly OfferedComponent[];
}

/** Why the upstream store offers nothing. */
export interface OfferRefusal {
  readonly code: string;
  readonly message: string;
  /** The channels in which the snap is released instead: `latest/stable amd64`. */
  readonly releases: readonly string[];
}

const SNAP_ID = /^[A-Za-z0-9]{32}$/;

function bad(why: string, cause?: unknown): StoreError {
  return new StoreError('upstream-failed', `cannot read the upstream store's answer: ${why}`, { cause });
}

function wholeNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function parseRelease(value: unknown): string[] {
  if (!isFields(value)) return [];
  const channel = textField(value, 'channel');
  return channel === undefined ? [] : [`${channel} ${textField(value, 'architecture') ?? ''}`.trim()];
}

function parseRefusal(result: JsonFields): OfferRefusal {
  const error = isFields(result['error']) ? result['error'] : {};
  const extra = isFields(error['extra']) ? error['extra'] : {};
  const releases = Array.isArray(extra['releases']) ? extra['releases'].flatMap(parseRelease) : [];
  return {
    code: textField(error, 'code') ?? 'unknown',
    message: textField(error, 'message') ?? 'the upstream store gives no reason',
    releases,
  };
}

function parseOffer(result: JsonFields, origin: URL): UpstreamOffer {
  const snap = isFields(result['snap']) ? result['snap'] : {};
  const name = textField(snap, 'name') ?? textField(result, 'name') ?? '';
  const snapId = textField(snap, 'snap-id') ?? textField(result, 'snap-id') ?? '';
  const { revision } = snap;
  if (!isSnapName(name) || !SNAP_ID.test(snapId)) throw bad('a result has no name or no snap-id');
  if (!wholeNumber(revision)) throw bad(`snap ${name} has no revision`);
  const architectures = snap['architectures'];
  const channel = textField(result, 'effective-channel') ?? '';
  const releasedAt = new Date(textField(result, 'released-at') ?? '');
  return {
    name,
    snapId,
    revision,
    architectures: Array.isArray(architectures) ? architectures.filter((one) => typeof one === 'string') : [],
    channel: channel === '' ? undefined : parseChannel(channel),
    releasedAt: Number.isNaN(releasedAt.getTime()) ? undefined : releasedAt,
    ...parseDownload(`snap ${name}`, snap['download'], origin),
    snapYaml: textField(snap, 'snap-yaml'),
    components: parseComponents(name, snap['resources'], origin),
  };
}

function parseDownload(what: string, value: unknown, origin: URL): OfferedFile {
  const download = isFields(value) ? value : {};
  const { size } = download;
  const url = textField(download, 'url') ?? '';
  if (!wholeNumber(size) || !URL.canParse(url, origin.href)) throw bad(`${what} has no download`);
  try {
    const digest = digestFromHex(textField(download, 'sha3-384') ?? '');
    return { url: new URL(url, origin.href), sizeBytes: size, digest };
  } catch (error) {
    throw bad(`${what} has no SHA3-384`, error);
  }
}

/** Devices ignore resources of other kinds. snapcore/snapd: store/store_action.go, ResourceToComponentType */
function parseComponents(snapName: string, value: unknown, origin: URL): OfferedComponent[] {
  const resources = Array.isArray(value) ? value.filter(isFields) : [];
  return resources
    .filter((resource) => textField(resource, 'type')?.startsWith('component/'))
    .map((resource) => {
      const name = textField(resource, 'name') ?? '';
      const { revision } = resource;
      if (!isSnapName(name) || !wholeNumber(revision))
        throw bad(`a component of snap ${snapName} has no name or no revision`);
      const what = `component ${name} of snap ${snapName}`;
      return { name, revision, ...parseDownload(what, resource['download'], origin) };
    });
}

/**
 * Reads the answer to `POST /v2/snaps/refresh`.
 *
 * @param instanceKeys - the keys of the actions, in their order
 * @param origin - the base of relative download URLs
 * @returns one result for each action
 * @throws StoreError `upstream-failed` if a result is missing or cannot be read
 * @see snapcore/snapd: store/store_action.go, snapAction
 */
export function parseRefreshAnswer(
  document: unknown,
  instanceKeys: readonly string[],
  origin: URL,
): (UpstreamOffer | OfferRefusal)[] {
  const results = isFields(document) && Array.isArray(document['results']) ? document['results'] : [];
  const byKey = new Map<string, JsonFields>();
  for (const result of results)
    if (isFields(result)) byKey.set(textField(result, 'instance-key') ?? '', result);
  return instanceKeys.map((key) => {
    const result = byKey.get(key);
    if (!result) throw bad('an action has no result');
    return result['result'] === 'error' ? parseRefusal(result) : parseOffer(result, origin);
  });
}

export function isOffer(answer: UpstreamOffer | OfferRefusal): answer is UpstreamOffer {
  return 'digest' in answer;
}
