// An address of the Internet Protocol, and what lies there: everybody's network, somebody's own, or what no event may
// reach. An address of IPv4 inside of one of IPv6 is judged as what it is.
// IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890); RFC 4291, 4193, 6052, 8215, 3056, 4380.

export type Reach = "public" | "private" | "never";

/** A block of addresses, as a user writes it: `10.0.0.0/8`, `fd00::/8`, or one address. */
export type Block = { readonly base: bigint; readonly bits: number };

/** Addresses of both kinds as numbers of 128 bits: one of IPv4 lies in ::ffff:0:0/96. Absent for what is none. */
export function parseAddress(text: string): bigint | undefined {
  const bare = /^\[(.*)\]$/.exec(text)?.[1] ?? text;
  // A zone says by which wire: the address is the same.
  const address = bare.split("%")[0] ?? "";
  return address.includes(":") ? parseV6(address) : parseV4(address, MAPPED);
}

export function parseBlock(text: string): Block | undefined {
  const [address = "", length, ...more] = text.split("/");
  const base = parseAddress(address);
  if (base === undefined || more.length > 0 || address.includes("%")) return undefined;
  const isV4 = !address.includes(":");
  if (length === undefined) return { base, bits: 128 };
  const bits = /^\d{1,3}$/.test(length) ? Number(length) : NaN;
  return bits <= (isV4 ? 32 : 128) ? { base, bits: isV4 ? bits + 96 : bits } : undefined;
}

export function isIn(address: bigint, { base, bits }: Block): boolean {
  const rest = BigInt(128 - bits);
  return address >> rest === base >> rest;
}

/** What lies at the address. `never`: other hosts of the same wire, the keepers of clouds' secrets, everybody at once. */
export function reachOf(address: bigint): Reach {
  const inner = innerOf(address);
  if (inner !== undefined) {
    const reach = reachOf(inner);
    return reach === "public" && isIn(address, LOCAL_NAT64) ? "private" : reach;
  }
  if (NEVER.some((block) => isIn(address, block))) return "never";
  if (PRIVATE.some((block) => isIn(address, block))) return "private";
  const isAssigned = isIn(address, V4) || isIn(address, GLOBAL);
  return isAssigned ? "public" : "private";
}

/** The address of IPv4 that one of IPv6 leads to, in the form of this file; absent when it leads to none. */
export function innerOf(address: bigint): bigint | undefined {
  if (isIn(address, V4)) return undefined;
  if (isIn(address, COMPATIBLE) && address > 0xffffn) return MAPPED | (address & V4_MASK);
  if (NAT64.some((block) => isIn(address, block))) return MAPPED | (address & V4_MASK);
  if (isIn(address, SIX_TO_FOUR)) return MAPPED | (address >> 80n & V4_MASK);
  // Teredo hides the address of the client by turning its bits over.
  if (isIn(address, TEREDO)) return MAPPED | (~address & V4_MASK);
  return undefined;
}

/** Whether it is this machine, by whatever of its addresses that is known to be its own to everybody. */
export function isLoopback(address: bigint): boolean {
  const plain = innerOf(address) ?? address;
  return OWN.some((block) => isIn(plain, block));
}

const MAPPED = 0xffff_0000_0000n;
const V4_MASK = 0xffff_ffffn;

function parseV4(text: string, prefix: bigint): bigint | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return prefix | parts.reduce((sum, part) => sum << 8n | BigInt(part), 0n);
}

function parseV6(text: string): bigint | undefined {
  const v4 = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (v4 !== null) {
    const low = parseV4(v4[2] ?? "", 0n);
    return low === undefined
      ? undefined
      : parseV6(`${v4[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`);
  }
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => half === "" ? [] : half.split(":"));
  const zeros = 8 - head.length - tail.length;
  if (halves.length === 1 ? zeros !== 0 : zeros < 1) return undefined;
  const words = [...head, ...Array.from({ length: zeros }, () => "0"), ...tail];
  if (!words.every((word) => /^[0-9a-f]{1,4}$/i.test(word))) return undefined;
  return words.reduce((sum, word) => sum << 16n | BigInt(`0x${word}`), 0n);
}

function blocks(...texts: readonly string[]): readonly Block[] {
  return texts.map(block);
}

function block(text: string): Block {
  const parsed = parseBlock(text);
  if (parsed === undefined) throw new Error(`${text} is no block of addresses`);
  return parsed;
}

const V4 = block("::ffff:0:0/96");
const GLOBAL = block("2000::/3");
const COMPATIBLE = block("::/96");
/** RFC 8215: it leads no further than the network that has made it up. */
const LOCAL_NAT64 = block("64:ff9b:1::/48");
const NAT64 = [block("64:ff9b::/96"), LOCAL_NAT64];
const SIX_TO_FOUR = block("2002::/16");
const TEREDO = block("2001::/32");

const OWN = blocks("127.0.0.0/8", "0.0.0.0/8", "::1", "::");

const NEVER = blocks(
  // Link-local: the cloud's metadata, and whoever shares the wire.
  "169.254.0.0/16",
  "fe80::/10",
  // Metadata and keys of Azure, Alibaba, Oracle, AWS and Google, which are not link-local.
  "168.63.129.16",
  "100.100.100.200",
  "192.0.0.192",
  "fd00:ec2::/32",
  "fd20:ce::/32",
  // Many at once, or nobody.
  "224.0.0.0/4",
  "240.0.0.0/4",
  "ff00::/8",
);

const PRIVATE = blocks(
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "2001::/23",
  "2001:db8::/32",
  "3fff::/20",
);
