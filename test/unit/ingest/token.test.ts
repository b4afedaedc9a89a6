import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import { createTokenReader, type TokenOutcome } from "../../../ingest/token.ts";
import { type EpochMs, toEpochMs } from "../../../schemas/ids.ts";
import type { CollectorKeys } from "../../../schemas/keyring.ts";
import { aKeySet, aToken, NOW_MS, SHOP_PRIVATE_KEY, someClaims, TOKEN_KEYS } from "../../fixtures/collector.ts";

const ALL = aKeySet("intranet", "intranetNext", "shop");
const EARLY_S = NOW_MS / 1_000;
const SHOP = { alg: "EdDSA", kid: "s1" };

async function read(
  token: string,
  site = "intranet",
  keys: CollectorKeys = ALL,
  nowMs: EpochMs = NOW_MS,
): Promise<TokenOutcome> {
  const reader = createTokenReader(() => keys);
  return reader.recall(token, site, nowMs) ?? (await reader.verify(token, site, nowMs));
}

/** Replaces one part of a token by JSON, without signing again. */
function forge(token: string, part: 0 | 1, change: (value: Record<string, unknown>) => object): string {
  const parts = token.split(".");
  const value = JSON.parse(Buffer.from(parts[part] ?? "", "base64url").toString()) as Record<string, unknown>; // our own token
  parts[part] = Buffer.from(JSON.stringify(change(value))).toString("base64url");
  return parts.join(".");
}

describe("a good token", () => {
  it("tells the person's reference, account, Partner and choices, never the user id", async () => {
    const outcome = await read(await aToken({ dept: "Care, mail j@example.org", consent: { behaviour: true } }));
    expect(outcome).toEqual({
      site: "intranet",
      person: {
        ref: expect.stringMatching(/^[\w-]{43}$/),
        acct: "partner",
        ptn: "acme",
        dept: "Care, mail [masked]",
        consent: { behaviour: true },
      },
      personOptedOut: {
        ref: expect.any(String),
        acct: "partner",
        ptn: "acme",
        dept: "Care, mail [masked]",
        consent: { behaviour: false, feedback: false },
      },
    });
    expect(JSON.stringify(outcome)).not.toContain("4711");
  });

  it("may be signed with the next key while keys change, or with a private key", async () => {
    expect(await read(await aToken({}, { kid: "i2" }, TOKEN_KEYS.intranetNext.key))).toHaveProperty("person");
    expect(await read(await aToken({ iss: "shop" }, SHOP, SHOP_PRIVATE_KEY), "shop")).toHaveProperty("person");
  });

  it("may name several audiences, and be minted by a clock up to 30 s ahead", async () => {
    expect(await read(await aToken({ aud: ["other", "roebuck"] }))).toHaveProperty("person");
    expect(await read(await aToken({ iat: EARLY_S + 29, nbf: EARLY_S + 30 }))).toHaveProperty("person");
  });

  it("gives the same reference each time, and another for another person, Partner or kind of account", async () => {
    const ref = async (claims: Record<string, unknown>) => {
      const outcome = await read(await aToken(claims));
      return typeof outcome === "string" ? outcome : outcome.person.ref;
    };
    const refs = await Promise.all([
      ref({}),
      ref({ dept: "x" }),
      ref({ sub: "user-4712" }),
      ref({ ptn: "other" }),
      ref({ acct: "public", ptn: undefined }),
    ]);
    expect(refs[0]).toBe(refs[1]);
    expect(new Set(refs).size).toBe(4);
  });
});

describe("a forged or misused token is refused", () => {
  const stranger = generateKeyPairSync("ed25519");
  const jwk = { ...stranger.publicKey.export({ format: "jwk" }) };
  const cases: [what: string, token: () => Promise<string> | string, outcome?: TokenOutcome][] = [
    ["garbage", () => "garbage"],
    ["empty", () => ""],
    ["three dots", () => "a.b.c"],
    ["a header that is no JSON", () => "bm8.bm8.bm8"],
    ["alg none", () => new UnsecuredJWT(someClaims()).encode()],
    ["alg none with our header", async () => forge(await aToken(), 0, (header) => ({ ...header, alg: "none" }))],
    ["without its signature", async () => (await aToken()).replace(/[\w-]+$/, "")],
    ["an algorithm that is not the key's", () => aToken({}, { alg: "HS512" }, Buffer.alloc(64, 1))],
    ["the public key used as a secret", () => aToken({ iss: "shop" }, { kid: "s1" }, TOKEN_KEYS.shop.key)],
    ["signed with another secret", () => aToken({}, {}, Buffer.alloc(32, 9))],
    ["claims changed after signing", async () => forge(await aToken(), 1, (claims) => ({ ...claims, ptn: "other" }))],
    ["header changed after signing", async () => forge(await aToken(), 0, (header) => ({ ...header, kid: "i2" }))],
    ["an unknown key id", () => aToken({}, { kid: "i9" })],
    ["no key id", () => aToken({}, { kid: undefined })],
    ["another site's key", () => aToken({ iss: "intranet" }, SHOP, SHOP_PRIVATE_KEY)],
    ["a key of its own in the header", () => aToken({ iss: "shop" }, { ...SHOP, jwk }, stranger.privateKey)],
    ["an address of keys in the header", () => aToken({}, { jku: "https://evil.example/keys" })],
    ["a certificate address in the header", () => aToken({}, { x5u: "https://evil.example/cert" })],
    ["a critical extension", async () => forge(await aToken(), 0, (header) => ({ ...header, crit: ["exp"] }))],
    ["a report token", () => aToken({}, { typ: "report+jwt" })],
    ["no type", () => aToken({}, { typ: undefined })],
    ["another audience", () => aToken({ aud: "other" })],
    ["no audience", () => aToken({ aud: undefined })],
    ["another issuer", () => aToken({ iss: "shop" })],
    ["expired", () => aToken({ iat: EARLY_S - 7_200, exp: EARLY_S }), "token_expired"],
    ["not valid yet", () => aToken({ nbf: EARLY_S + 31 })],
    ["minted in the future", () => aToken({ iat: EARLY_S + 31, exp: EARLY_S + 60 })],
    ["a life of more than 12 hours", () => aToken({ exp: EARLY_S + 43_200 })],
    ["no end", () => aToken({ exp: undefined })],
    ["no person", () => aToken({ sub: undefined })],
    ["a partner account without Partner", () => aToken({ ptn: undefined })],
    ["a Partner with a public account", () => aToken({ acct: "public" })],
    ["an nbf that is no number", () => aToken({ nbf: "now" as unknown as number })],
  ];
  it.each(cases)("%s", async (_, token, outcome = "token_invalid") => {
    expect(await read(await token())).toBe(outcome);
  });

  it("for any text, without throwing", async () => {
    const part = fc.oneof(
      fc.string(),
      fc.json().map((text) => Buffer.from(text).toString("base64url")),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.tuple(part, part, part).map((parts) => parts.join(".")),
        ),
        async (token) => (await read(token)) === "token_invalid",
      ),
    );
  });
});

describe("createTokenReader() remembers", () => {
  it("a verified token, but not beyond its end", async () => {
    const reader = createTokenReader(() => ALL);
    const token = await aToken();
    expect(reader.recall(token, "intranet", NOW_MS)).toBeUndefined();
    const good = await reader.verify(token, "intranet", NOW_MS);
    expect(reader.recall(token, "intranet", NOW_MS)).toBe(good);
    const endMs = (EARLY_S - 60 + 3_600) * 1_000;
    expect(reader.recall(token, "intranet", toEpochMs(endMs - 1))).toBe(good);
    expect(reader.recall(token, "intranet", toEpochMs(endMs))).toBe("token_expired");
  });

  it("nothing for another site", async () => {
    const reader = createTokenReader(() => ALL);
    const token = await aToken();
    await reader.verify(token, "intranet", NOW_MS);
    expect(reader.recall(token, "shop", NOW_MS)).toBe("token_invalid");
  });

  it("nothing once the key is revoked, or replaced under the same id", async () => {
    let keys = ALL;
    const reader = createTokenReader(() => keys);
    const token = await aToken();
    await reader.verify(token, "intranet", NOW_MS);
    keys = aKeySet("intranetNext", "shop");
    expect(reader.recall(token, "intranet", NOW_MS)).toBe("token_invalid");
    keys = { ...ALL, tokenKeys: new Map([["i1", { ...TOKEN_KEYS.intranet, key: Buffer.alloc(32, 9) }]]) };
    expect(reader.recall(token, "intranet", NOW_MS)).toBeUndefined();
    expect(await reader.verify(token, "intranet", NOW_MS)).toBe("token_invalid");
  });

  it("a token whose key is revoked while its signature is checked is refused", async () => {
    let keys = ALL;
    const reader = createTokenReader(() => keys);
    const pending = reader.verify(await aToken(), "intranet", NOW_MS);
    keys = aKeySet("shop");
    expect(await pending).toBe("token_invalid");
  });

  it("a new reference once the seal key is another", async () => {
    let keys = ALL;
    const reader = createTokenReader(() => keys);
    const token = await aToken();
    const before = await reader.verify(token, "intranet", NOW_MS);
    keys = { ...ALL, sealKey: Buffer.alloc(32, 8) };
    expect(reader.recall(token, "intranet", NOW_MS)).toBeUndefined();
    expect(await reader.verify(token, "intranet", NOW_MS)).not.toEqual(before);
  });

  it("a forged token, so that it is refused without a second look at its signature", async () => {
    const reader = createTokenReader(() => ALL);
    const token = await aToken({}, {}, Buffer.alloc(32, 9));
    expect(reader.recall(token, "intranet", NOW_MS)).toBeUndefined();
    expect(await reader.verify(token, "intranet", NOW_MS)).toBe("token_invalid");
    expect(reader.recall(token, "intranet", NOW_MS)).toBe("token_invalid");
  });
});
