import { BlockList, isIP, SocketAddress } from 'node:net';

type Family = 'ipv4' | 'ipv6';

const MAX_PREFIX: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128 };

function familyOf(address: string): Family | undefined {
  const version = isIP(address);
  return version === 0 ? undefined : version === 4 ? 'ipv4' : 'ipv6';
}

/** IPv4 addresses are mapped to IPv6 if the server listens on `::`. */
const MAPPED = /^::ffff:(?=\d+\.)/i;

/**
 * The canonical form of an address, for limits: IPv4 not mapped into IPv6; IPv6 in its shortest form and
 * without a zone.
 *
 * @returns undefined if it is not an address
 */
export function canonicalAddress(text: string): string | undefined {
  const address = text.replace(/%.*$/s, '').replace(MAPPED, '');
  const family = familyOf(address);
  if (family !== 'ipv6') return family && address;
  return new SocketAddress({ address, family }).address.replace(MAPPED, '');
}

/** A list of addresses and ranges: the proxies in front of this server, or those who may read metrics. */
export class AddressRanges {
  static readonly none = new AddressRanges([]);
  private readonly list = new BlockList();

  private constructor(private readonly ranges: readonly string[]) {
    for (const range of ranges) {
      const [address = '', prefix] = range.split('/');
      const family = familyOf(address) ?? 'ipv4';
      this.list.addSubnet(address, prefix === undefined ? MAX_PREFIX[family] : Number(prefix), family);
    }
  }

  /**
   * Parses addresses and ranges such as `10.0.0.0/8`, separated by commas or spaces.
   *
   * @returns the first invalid one, if there is one
   */
  static parse(text: string): AddressRanges | { readonly wrong: string } {
    const ranges = text.split(/[\s,]+/).filter((part) => part !== '');
    const wrong = ranges.find((range) => !isRange(range));
    return wrong === undefined ? new AddressRanges(ranges) : { wrong };
  }

  get isEmpty(): boolean {
    return this.ranges.length === 0;
  }

  /** @param address - as returned by {@link canonicalAddress} */
  has(address: string): boolean {
    const family = this.isEmpty ? undefined : familyOf(address);
    return family !== undefined && this.list.check(address, family);
  }
}

function isRange(text: string): boolean {
  const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = familyOf(address);
  // With a range of all addresses, every client could forge its address.
  return (
    family !== undefined &&
    (prefix === undefined || (Number(prefix) > 0 && Number(prefix) <= MAX_PREFIX[family]))
  );
}
