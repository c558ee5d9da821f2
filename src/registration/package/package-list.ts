import type { KeyObject } from 'node:crypto';
import { checkManifestSignature, signManifest } from '../../bundles/format/manifest-signature.js';
import { StoreError } from '../../common/errors.js';

/** The list of an install package: digest and name of every other member, as `sha256sum -c` reads it. */
export const LIST_FILE = 'SHA256SUMS';
/** The signature of the list, in the form of a bundle's `manifest.sig`. */
export const LIST_SIGNATURE_FILE = 'SHA256SUMS.sig';

/** Most members of a package; the program and its database have about 1,200. */
export const MAX_PACKAGE_FILES = 20_000;
/** Longest list: {@link MAX_PACKAGE_FILES} lines of 200 bytes. */
export const MAX_LIST_BYTES = 4_000_000;
/** Longest name of a member, in bytes. */
export const MAX_MEMBER_NAME_BYTES = 512;

const PART = '[A-Za-z0-9_@][A-Za-z0-9._+@-]*';
/** A name that is safe for every shell and tool: no space, and no leading dot or hyphen in any part. */
const MEMBER_NAME = new RegExp(`^${PART}(?:/${PART})*$`);
const LINE = /^([0-9a-f]{64}) {2}(\S+)$/;

function badList(why: string): StoreError {
  return new StoreError('invalid-bundle', `${LIST_FILE} ${why}`);
}

/**
 * Checks that a file may be a member of a package.
 *
 * @throws StoreError `invalid-bundle` if its name is not allowed in packages
 */
export function checkMemberName(name: string): void {
  if (name.length <= MAX_MEMBER_NAME_BYTES && MEMBER_NAME.test(name)) return;
  throw badList(`cannot name ${JSON.stringify(name.slice(0, 80))}: use letters, digits and ._+@-`);
}

/**
 * Writes the list.
 *
 * @param digests - member → SHA-256 in hex, without the list itself and its signature
 * @throws StoreError `invalid-bundle` for a name that is not allowed in packages
 */
export function encodeList(digests: ReadonlyMap<string, string>): string {
  return [...digests]
    .map(([name, digest]) => {
      checkMemberName(name);
      return `${digest}  ${name}\n`;
    })
    .join('');
}

/**
 * Reads the list of a package from outside.
 *
 * @returns member → SHA-256 in hex
 * @throws StoreError `invalid-bundle` for an invalid line, a repeated name, or an empty list
 */
export function parseList(text: string): Map<string, string> {
  if (text === '' || !text.endsWith('\n')) throw badList('is empty or cut off');
  const digests = new Map<string, string>();
  for (const line of text.slice(0, -1).split('\n')) {
    const [, digest, name] = LINE.exec(line) ?? [];
    if (digest === undefined || name === undefined)
      throw badList(`has a line that is not a digest and a name: ${JSON.stringify(line.slice(0, 80))}`);
    checkMemberName(name);
    if (name === LIST_FILE || name === LIST_SIGNATURE_FILE) throw badList(`cannot list ${name}`);
    if (digests.has(name)) throw badList(`lists ${name} twice`);
    digests.set(name, digest);
  }
  if (digests.size > MAX_PACKAGE_FILES) throw badList(`lists more than ${MAX_PACKAGE_FILES} files`);
  return digests;
}

/** Signs the list with a bundle key. @returns the content of {@link LIST_SIGNATURE_FILE} */
export function signList(list: string, key: KeyObject): string {
  return signManifest(Buffer.from(list), key).toString('utf8');
}

/**
 * Checks the signature of the list.
 *
 * @returns the id of the key that signed
 * @throws StoreError `invalid-bundle` if it is malformed, does not match, or is not from one of the keys
 */
export function checkListSignature(list: Buffer, signature: Buffer, keys: readonly KeyObject[]): string {
  return checkManifestSignature(list, signature, keys, {
    document: LIST_FILE,
    signature: LIST_SIGNATURE_FILE,
    subject: 'the install package',
  });
}
