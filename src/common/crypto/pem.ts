import { createPublicKey, type KeyObject } from 'node:crypto';

/** Makes the refusal of a file from the reason why it is refused; the caller knows what it was asked. */
export type Refuse = (why: string, cause?: unknown) => Error;

/** One block of a PEM file. RFC 7468 */
export interface PemBlock {
  /** `CERTIFICATE`, `PRIVATE KEY`, ... */
  readonly label: string;
  /** The block alone, with its two lines of dashes. */
  readonly pem: string;
}

const EDGE = /^-----(BEGIN|END) ([A-Z0-9 ]{1,64})-----$/;

/**
 * The blocks of a PEM file, in order. Text between them is left out: tools write subjects and comments there.
 *
 * @throws what `refuse` makes, where a block does not end or nothing is PEM
 */
export function pemBlocks(text: string, refuse: Refuse): PemBlock[] {
  const blocks: PemBlock[] = [];
  let open: { label: string; lines: string[] } | undefined;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    const [, edge, label = ''] = EDGE.exec(line) ?? [];
    if (edge === 'BEGIN' && open) throw refuse(`a ${open.label} in it has no end`);
    if (edge === 'BEGIN') open = { label, lines: [] };
    if (open) open.lines.push(line);
    if (edge !== 'END') continue;
    if (open?.label !== label) throw refuse(`the end of a ${label} in it has no beginning`);
    blocks.push({ label, pem: `${open.lines.join('\n')}\n` });
    open = undefined;
  }
  if (open) throw refuse(`a ${open.label} in it has no end`);
  if (blocks.length === 0)
    throw refuse('there is no PEM in it (openssl makes PEM of other forms: DER, PKCS#12)');
  return blocks;
}

/** A private key as it is kept: PKCS#8, whatever form it came in. */
export function privatePem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** A public key, or the public half of a private one: SPKI. */
export function publicPem(key: KeyObject): string {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  return half.export({ type: 'spki', format: 'pem' }).toString();
}
