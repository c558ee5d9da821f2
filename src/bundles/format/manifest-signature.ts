import { sign, verify, type KeyObject } from 'node:crypto';
import { publicKeyId } from '../../assertions/format/keys.js';
import { isFields, textField } from '../../common/domain/json.js';
import { StoreError } from '../../common/errors.js';
import { badDocument, parseJson } from './bundle-json.js';
import { MANIFEST_PATH, MANIFEST_SIGNATURE_PATH } from './manifest.js';

/** RSA PKCS#1 v1.5 with SHA-512 over the unchanged bytes of the manifest; `openssl dgst -sha512 -verify` verifies it. */
export const SIGNATURE_ALGORITHM = 'rsa-pkcs1v15-sha512';

/** Largest `manifest.sig`; a signature of RSA-16384 has about 3000 bytes. */
export const MAX_SIGNATURE_FILE_BYTES = 16 << 10;

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** The trusted keys, and whether a signature is required. */
export interface ManifestTrust {
  readonly keys: readonly KeyObject[];
  readonly isRequired: boolean;
}

/** The names of the signed document and its signature in errors. */
export interface SignedNames {
  readonly document: string;
  readonly signature: string;
  readonly subject: string;
}

const OF_A_BUNDLE: SignedNames = {
  document: MANIFEST_PATH,
  signature: MANIFEST_SIGNATURE_PATH,
  subject: 'its manifest',
};

/** Signs a manifest, or the list of an install package. @returns the bytes of `manifest.sig` */
export function signManifest(manifest: Buffer, privateKey: KeyObject): Buffer {
  const document = {
    algorithm: SIGNATURE_ALGORITHM,
    'key-id': publicKeyId(privateKey),
    signature: sign('sha512', manifest, privateKey).toString('base64'),
  };
  return Buffer.from(`${JSON.stringify(document, null, 2)}\n`);
}

/**
 * Verifies a manifest's signature.
 *
 * @param signatureFile - the bytes of `manifest.sig`
 * @param names - names for errors, if the document is not the manifest of a bundle
 * @returns the id of the key that signed
 * @throws StoreError `invalid-bundle` if it is not a signature, is by an untrusted key, or does not match
 */
export function checkManifestSignature(
  manifest: Buffer,
  signatureFile: Buffer,
  keys: readonly KeyObject[],
  names: SignedNames = OF_A_BUNDLE,
): string {
  const document = parseJson(names.signature, signatureFile);
  if (!isFields(document)) throw badDocument(names.signature, 'is not a signature');
  const keyId = textField(document, 'key-id') ?? '';
  const signature = textField(document, 'signature') ?? '';
  const algorithm = textField(document, 'algorithm');
  if (algorithm !== SIGNATURE_ALGORITHM)
    throw badDocument(names.signature, `is not signed with ${SIGNATURE_ALGORITHM}`);
  if (!BASE64.test(signature)) throw badDocument(names.signature, 'has no signature in base64');
  const key = keys.find((one) => publicKeyId(one) === keyId);
  if (!key)
    throw new StoreError(
      'invalid-bundle',
      `${names.subject} is signed by key ${JSON.stringify(keyId.slice(0, 80))}, which this store does not trust (add the public key to proxy.bundle.trusted-keys)`,
    );
  if (!verify('sha512', manifest, key, Buffer.from(signature, 'base64')))
    throw badDocument(names.document, `does not match the signature of key ${keyId}`);
  return keyId;
}
