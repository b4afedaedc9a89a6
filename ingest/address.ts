import { BlockList, isIP, isIPv4, isIPv6 } from "node:net";

/** Tells whether an address belongs to a proxy whose forwarding headers are believed. */
export type TrustedProxies = (address: string) => boolean;

/**
 * Reads a list of addresses and CIDR ranges, separated by commas. Answers a sentence if it cannot.
 *
 * @see OWASP ASVS 5.0, 4.1.3: forwarding headers only from configured proxies
 */
export function parseTrustedProxies(text: string): TrustedProxies | string {
  const list = new BlockList();
  const parts = text.split(/[\s,]+/).filter(Boolean);
  for (const part of parts) {
    const [address = "", bits] = part.split("/");
    const family = isIPv4(address) ? "ipv4" : "ipv6";
    const bitsMax = family === "ipv4" ? 32 : 128;
    if (isIP(address) === 0 || (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax)))
      return `Cannot use "${part}" in ROEBUCK_TRUSTED_PROXIES: it must be an address or a range such as 10.0.0.0/8.`;
    list.addSubnet(address, bits === undefined ? bitsMax : Number(bits), family);
  }
  if (parts.length === 0) return () => false;
  return (address) => isIP(address) !== 0 && list.check(address, isIPv4(address) ? "ipv4" : "ipv6");
}

/** An address in one spelling: without brackets, port, zone or the IPv4-in-IPv6 prefix. Empty for anything else. */
export function parseAddress(text: string): string {
  let address = text.trim();
  const bracketed = /^\[([^\]]{2,60})\](?::\d{1,5})?$/.exec(address);
  if (bracketed?.[1] !== undefined) address = bracketed[1];
  else if (/^[\d.]{7,15}:\d{1,5}$/.test(address)) address = address.slice(0, address.indexOf(":"));
  const zone = address.indexOf("%");
  if (zone !== -1) address = address.slice(0, zone);
  const mapped = /^::ffff:([\d.]{7,15})$/i.exec(address);
  if (mapped?.[1] !== undefined) address = mapped[1];
  return isIP(address) === 0 ? "" : address;
}

/**
 * The address of the client: that of the socket, or, behind trusted proxies, the last one that no trusted proxy
 * stands for. Read from the right, because everything left of the first untrusted address was written by a stranger.
 *
 * @param forwarded X-Forwarded-For as received; ignored unless the socket's peer is trusted
 */
export function toClientAddress(peer: string, forwarded: string | undefined, trusted: TrustedProxies): string {
  let client = parseAddress(peer);
  if (forwarded === undefined || !trusted(client)) return client;
  const hops = forwarded.slice(-2_000).split(",");
  for (const hop of hops.reverse()) {
    const address = parseAddress(hop);
    if (address === "") return client;
    client = address;
    if (!trusted(address)) return client;
  }
  return client;
}

/**
 * The part of an address that a limit or a country look-up may be keyed by: IPv4 /24, IPv6 /48.
 * Memory only; never written. `unknown` if there is no address.
 */
export function toAddressPrefix(address: string): string {
  const dot = address.lastIndexOf(".");
  if (dot !== -1 && !address.includes(":")) return address.slice(0, dot);
  if (!isIPv6(address)) return "unknown";
  const [head = ""] = address.split("::");
  const groups = head.split(":").filter(Boolean).slice(0, 3);
  while (groups.length < 3) groups.push("0");
  return groups.map((group) => group.replace(/^0+(?=.)/, "").toLowerCase()).join(":");
}
