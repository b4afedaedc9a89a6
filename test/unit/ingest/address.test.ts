import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseAddress, parseTrustedProxies, toAddressPrefix, toClientAddress } from "../../../ingest/address.ts";

function trusted(list: string) {
  const outcome = parseTrustedProxies(list);
  if (typeof outcome === "string") throw new Error(outcome);
  return outcome;
}

describe("parseTrustedProxies()", () => {
  it("reads addresses and ranges of both kinds", () => {
    const has = trusted("10.0.0.0/8, 192.0.2.7 2001:db8::/32");
    expect(["10.200.3.4", "192.0.2.7", "2001:db8:1::1"].map(has)).toEqual([true, true, true]);
    expect(["11.0.0.1", "192.0.2.8", "2001:db9::1", "", "rubbish"].map(has)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  it("trusts nobody if the list is empty", () => {
    expect(trusted("")("127.0.0.1")).toBe(false);
  });

  it.each(["proxy.example", "10.0.0.0/33", "10.0.0.0/x", "2001:db8::/129", "10.0.0/8"])(
    "refuses %s with a sentence",
    (part) => {
      expect(parseTrustedProxies(part)).toContain(`"${part}"`);
    },
  );
});

describe("toClientAddress()", () => {
  const proxies = trusted("10.0.0.0/8");
  it.each([
    ["no proxy", "198.51.100.7", undefined, "198.51.100.7"],
    ["a stranger's header is ignored", "198.51.100.7", "203.0.113.9", "198.51.100.7"],
    ["one proxy", "10.0.0.1", "203.0.113.9", "203.0.113.9"],
    ["two proxies", "10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"],
    ["what the client wrote itself is not reached", "10.0.0.1", "8.8.8.8, 203.0.113.9, 10.0.0.2", "203.0.113.9"],
    ["all trusted: the first of them", "10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"],
    ["rubbish ends the search", "10.0.0.1", "203.0.113.9, unknown", "10.0.0.1"],
    ["with a port", "10.0.0.1", "203.0.113.9:4711", "203.0.113.9"],
    ["IPv6 in brackets", "10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"],
    ["IPv4 in IPv6", "::ffff:10.0.0.1", "::ffff:203.0.113.9", "203.0.113.9"],
    ["no socket", "", undefined, ""],
  ])("%s", (_, peer, forwarded, client) => {
    expect(toClientAddress(peer, forwarded, proxies)).toBe(client);
  });
});

describe("parseAddress()", () => {
  it("never throws and answers an address or nothing", () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseAddress(text) === "string"));
    fc.assert(fc.property(fc.ipV4(), (address) => parseAddress(address) === address));
    fc.assert(fc.property(fc.ipV6(), (address) => parseAddress(`[${address}]:80`) !== ""));
  });
});

describe("toAddressPrefix()", () => {
  it.each([
    ["203.0.113.9", "203.0.113"],
    ["2001:db8:1:2::9", "2001:db8:1"],
    ["2001:0DB8:0001::9", "2001:db8:1"],
    ["2001::9", "2001:0:0"],
    ["::1", "0:0:0"],
    ["", "unknown"],
    ["rubbish", "unknown"],
  ])("%s belongs to %s", (address, prefix) => {
    expect(toAddressPrefix(address)).toBe(prefix);
  });
});
