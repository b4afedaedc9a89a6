import { describe, expect, it } from "vitest";
import {
  type ApiKey,
  checkApiKey,
  mintApiKey,
  parseApiKey,
  parseAuthorization,
  reachesPartner,
  toKeyStanding,
} from "../../../../api/access/api-key.ts";
import { toEpochMs } from "../../../../schemas/ids.ts";

const NOW_MS = toEpochMs(1_800_000_000_000);
const minted = mintApiKey();
const KEY: ApiKey = {
  id: minted.id,
  name: "the CMS",
  roles: ["ingest"],
  partners: null,
  hash: minted.hash,
  createdMs: NOW_MS - 1_000,
  expiresMs: NOW_MS + 1_000,
};
const keys = (changes: Partial<ApiKey> = {}) => new Map([[KEY.id, { ...KEY, ...changes }]]);
const presented = parseApiKey(minted.key) ?? { id: "", secret: "" };

describe("mintApiKey()", () => {
  it("makes keys of which no two are alike and of which the hash tells nothing", () => {
    const many = Array.from({ length: 200 }, mintApiKey);
    expect(new Set(many.map(({ id }) => id)).size).toBe(200);
    expect(new Set(many.map(({ key }) => key)).size).toBe(200);
    for (const { key, id, hash } of many) {
      expect(parseApiKey(key)?.id).toBe(id);
      expect(Buffer.from(parseApiKey(key)?.secret ?? "", "base64url")).toHaveLength(32);
      expect(key).not.toContain(hash);
    }
  });
});

describe("parseApiKey()", () => {
  it.each([
    ["nothing", ""],
    ["another prefix", minted.key.replace("rbk_", "sbk_")],
    ["no id", `rbk__${presented.secret}`],
    ["a short secret", minted.key.slice(0, -1)],
    ["a long secret", `${minted.key}x`],
    ["a line after it", `${minted.key}\n`],
    ["an id with capitals", minted.key.replace(presented.id, presented.id.toUpperCase().replaceAll(/\d/g, "A"))],
  ])("takes no key with %s", (_, text) => {
    expect(parseApiKey(text)).toBeUndefined();
  });
});

describe("parseAuthorization()", () => {
  it("reads the scheme in any case, and nothing but one key", () => {
    expect(parseAuthorization(`Bearer ${minted.key}`)).toEqual(presented);
    expect(parseAuthorization(`bearer  ${minted.key} `)).toEqual(presented);
    for (const header of [undefined, "", minted.key, `Basic ${minted.key}`, `Bearer ${minted.key} x`, "Bearer "])
      expect(parseAuthorization(header)).toBeUndefined();
  });
});

describe("checkApiKey()", () => {
  it("knows a good key", () => {
    expect(checkApiKey(keys(), presented, NOW_MS)).toEqual({ key: KEY });
  });

  it("knows nobody by another secret or another id, also where the last bits alone differ", () => {
    const last = presented.secret.endsWith("A") ? "B" : "A";
    for (const wrong of [
      { ...presented, secret: mintApiKey().key.slice(-43) },
      { ...presented, secret: presented.secret.slice(0, -1) + last },
      { ...presented, id: "2222222222" },
      { ...presented, id: "" },
    ])
      expect(checkApiKey(keys(), wrong, NOW_MS)).toEqual({ refused: "key_invalid" });
  });

  it("does not take a hash for a key, as whoever read the file could try", () => {
    expect(checkApiKey(keys(), { ...presented, secret: KEY.hash }, NOW_MS).key).toBeUndefined();
  });

  it.each([
    ["is expired at the very instant", { expiresMs: NOW_MS }, "key_expired"],
    ["was revoked", { revokedMs: NOW_MS - 1 }, "key_invalid"],
    ["was revoked and is expired", { revokedMs: NOW_MS - 1, expiresMs: NOW_MS - 1 }, "key_invalid"],
  ])("says whose key it is that %s", (_, changes, refused) => {
    expect(checkApiKey(keys(changes), presented, NOW_MS)).toMatchObject({ key: { id: KEY.id }, refused });
  });

  it("does the same work for an id that nobody has as for a wrong secret", () => {
    // A hash is made and compared in full either way: with a kept hash of zeros, an unknown id still matches nobody.
    expect(checkApiKey(new Map(), presented, NOW_MS)).toEqual({ refused: "key_invalid" });
    const zeros = keys({ hash: Buffer.alloc(32).toString("base64url") });
    expect(checkApiKey(zeros, presented, NOW_MS)).toEqual({ refused: "key_invalid" });
  });
});

describe("reachesPartner()", () => {
  it("keeps a key of some Partners to these, and from accounts without one", () => {
    expect(["acme", "brook", ""].map((id) => reachesPartner({ partners: ["acme"] }, id))).toEqual([true, false, false]);
    expect(["acme", "brook", ""].map((id) => reachesPartner({ partners: null }, id))).toEqual([true, true, true]);
  });
});

it("toKeyStanding() tells good, expired and revoked apart", () => {
  expect(toKeyStanding(KEY, NOW_MS)).toBe("good");
  expect(toKeyStanding({ ...KEY, expiresMs: NOW_MS }, NOW_MS)).toBe("expired");
  expect(toKeyStanding({ ...KEY, revokedMs: 0 }, NOW_MS)).toBe("revoked");
});
