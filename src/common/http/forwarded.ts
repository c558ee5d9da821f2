import type { IncomingHttpHeaders } from 'node:http';
import { authorityOf } from './authority.js';

/** What a proxy reports about a forwarded request. */
export interface Forwarded {
  /** The clients, from the furthest to the nearest. */
  readonly hops: readonly string[] | undefined;
  readonly scheme: 'http' | 'https' | undefined;
  /** The requested host, with its port if that was sent. */
  readonly host: string | undefined;
  readonly port: number | undefined;
}

type Said = { readonly [Part in keyof Forwarded]?: Forwarded[Part] };

/** Headers that contain any of this. */
export const FORWARDING_HEADERS = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
] as const;

/** One pair of an element, and its end. RFC 7239, section 4. */
const PAIR =
  /[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([\w!#$%&'*+.^`|~:[\]-]+)))?[ \t]*([;,]|$)/y;

/**
 * @returns each element's pairs, from the furthest proxy to the nearest; undefined if the header is malformed
 */
function elementsOf(text: string): Map<string, string>[] | undefined {
  const elements = [new Map<string, string>()];
  for (let index = 0; index <= text.length;) {
    PAIR.lastIndex = index;
    const [all, name, quoted, token, end] = PAIR.exec(text) ?? [];
    if (all === undefined) return undefined;
    if (name !== undefined)
      elements.at(-1)?.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? token ?? '');
    if (end === ',') elements.push(new Map());
    if (end === '') break;
    index += all.length;
  }
  return elements.filter((element) => element.size > 0);
}

/** The last of several values is used, which the nearest proxy wrote. */
function lastOf(header: string | string[] | undefined): string {
  return String(header ?? '')
    .replace(/^.*,/s, '')
    .trim();
}

function schemeOf(text: string): 'http' | 'https' | undefined {
  const scheme = text.toLowerCase();
  return scheme === 'http' || scheme === 'https' ? scheme : undefined;
}

function hostOf(text: string): string | undefined {
  return authorityOf(text)?.name ? text : undefined;
}

function portOf(text: string): number | undefined {
  return authorityOf(`x:${text}`)?.port;
}

function saidByStandard({ forwarded }: IncomingHttpHeaders): Said {
  const elements = forwarded === undefined ? undefined : elementsOf(forwarded);
  if (!elements) return {};
  const nearest = elements.at(-1);
  return {
    hops: elements.map((element) => element.get('for') ?? ''),
    scheme: schemeOf(nearest?.get('proto') ?? ''),
    host: hostOf(nearest?.get('host') ?? ''),
  };
}

function saidByCustom(headers: IncomingHttpHeaders): Said {
  const hops = headers['x-forwarded-for'];
  return {
    hops: hops === undefined ? undefined : String(hops).split(','),
    scheme: schemeOf(lastOf(headers['x-forwarded-proto'])),
    host: hostOf(lastOf(headers['x-forwarded-host'])),
    port: portOf(lastOf(headers['x-forwarded-port'])),
  };
}

/**
 * Reads `X-Forwarded-...` and `Forwarded`. The caller decides whether the sender is trusted. A proxy that sets
 * one kind may pass on the other as its client wrote it. So if both exist and differ, both are ignored.
 *
 * @see RFC 7239; the X- headers have no standard
 */
export function readForwarded(headers: IncomingHttpHeaders): Forwarded {
  const [custom, standard] = [saidByCustom(headers), saidByStandard(headers)];
  return {
    hops: custom.hops && standard.hops ? agreed(custom.hops, standard.hops) : (custom.hops ?? standard.hops),
    scheme: agreed(custom.scheme, standard.scheme),
    host: agreed(custom.host, standard.host),
    port: custom.port,
  };
}

function agreed<T>(one: T | undefined, other: T | undefined): T | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return sameText(one) === sameText(other) ? one : undefined;
}

function sameText(value: unknown): string {
  return JSON.stringify(value).toLowerCase().replaceAll(/\s/g, '');
}
