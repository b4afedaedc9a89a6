import { createHmac, hkdfSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type Month, type SubjectRef, toEpochMs } from "../../../schemas/ids.ts";
import { PseudonymBook, type PseudonymQuery, toEpoch, toKnownPseudonyms } from "../../../transform/pseudonym.ts";
import { aPerson, NOW, someKeys } from "../../fixtures/transform-events.ts";

const { ref } = aPerson();
const who = (changes: Partial<PseudonymQuery> = {}): PseudonymQuery => ({
  partner: "acme",
  zone: "Europe/London",
  ref,
  realm: "engagement",
  atMs: NOW,
  ...changes,
});
const at = (text: string) => toEpochMs(Date.parse(text));
const hex = (pseudonym: { bytes: Uint8Array } | undefined) => Buffer.from(pseudonym?.bytes ?? []).toString("hex");

describe("PseudonymBook", () => {
  test("toPseudonym() is HMAC-SHA-256 under the HKDF key of Partner and epoch, cut to 16 bytes", () => {
    const keys = someKeys("acme");
    const root = keys.epochs[0]?.root ?? new Uint8Array();
    const salt = keys.salts.get("acme") ?? new Uint8Array();
    const key = new Uint8Array(hkdfSync("sha256", root, salt, "roebuck pseudonym 1", 32));
    const expected = createHmac("sha256", key).update(ref).digest("hex").slice(0, 32);
    expect(hex(new PseudonymBook(keys).toPseudonym(who()))).toBe(expected);
  });

  test("toPseudonym() gives one person at two Partners pseudonyms that cannot be linked", () => {
    const book = new PseudonymBook(someKeys("acme", "beta"));
    expect(hex(book.toPseudonym(who()))).not.toBe(hex(book.toPseudonym(who({ partner: "beta" }))));
  });

  test("toPseudonym() gives nothing for a Partner without a salt", () => {
    expect(new PseudonymBook(someKeys("acme")).toPseudonym(who({ partner: "gone" }))).toBeUndefined();
  });

  const first = { epoch: 1, from: "", root: new Uint8Array(32).fill(1) } as const;
  const second = { epoch: 2, from: "2026-12" as Month, root: new Uint8Array(32).fill(2) };
  const rotated = { ...someKeys("acme"), epochs: [first, second] };

  test.each([
    ["Europe/London", "2026-11-30T23:59:59.999Z", 1],
    ["Europe/London", "2026-12-01T00:00:00.000Z", 2],
    ["America/New_York", "2026-12-01T04:59:59.999Z", 1],
    ["America/New_York", "2026-12-01T05:00:00.000Z", 2],
  ])("toPseudonym() changes its key with the month of a Partner in %s: at %s it is epoch %i", (zone, time, epoch) => {
    expect(new PseudonymBook(rotated).toPseudonym(who({ zone, atMs: at(time) }))?.epoch).toBe(epoch);
  });

  test("toPseudonym() gives nothing before the first epoch, nor once its key is destroyed", () => {
    const late = { ...rotated, epochs: [second] };
    expect(toEpoch(late, "UTC", NOW)).toBeUndefined();
    expect(new PseudonymBook(late).toPseudonym(who())).toBeUndefined();
    const destroyed = { ...rotated, epochs: [{ epoch: 1, from: "" as const }, second] };
    expect(new PseudonymBook(destroyed).toPseudonym(who())).toBeUndefined();
  });

  test("toPseudonym() gives one person different pseudonyms in each realm", () => {
    const book = new PseudonymBook(someKeys("acme"));
    const realms = ["engagement", "behaviour 0", "behaviour 5", "feedback 0", "feedback 5"] as const;
    expect(new Set(realms.map((realm) => hex(book.toPseudonym(who({ realm })))))).toHaveLength(realms.length);
  });

  test("toPseudonym() answers the same however little it remembers", () => {
    const forgetful = new PseudonymBook(someKeys("acme", "beta"), 3);
    const book = new PseudonymBook(someKeys("acme", "beta"));
    for (let i = 0; i < 50; i++) {
      const person = `person ${i % 7}` as SubjectRef; // any text serves
      const partner = i % 2 === 0 ? "acme" : "beta";
      expect(hex(forgetful.toPseudonym(who({ partner, ref: person })))).toBe(
        hex(book.toPseudonym(who({ partner, ref: person }))),
      );
    }
  });
});

describe("toKnownPseudonyms()", () => {
  test("finds every row that the book can have named: each epoch, realm and grant", () => {
    const keys = {
      ...someKeys("acme"),
      epochs: [
        { epoch: 1, from: "" as const, root: new Uint8Array(32).fill(1) },
        { epoch: 2, from: "2026-12" as Month, root: new Uint8Array(32).fill(2) },
      ],
    };
    const grant = { purpose: "behaviour", granted: true, atMs: NOW, wording: "2", source: "api" } as const;
    const known = toKnownPseudonyms(keys, { ref, ptn: "acme" }, { consents: [grant, { ...grant, granted: false }] });
    const book = new PseudonymBook(keys);
    const made = (["engagement", "behaviour 0", "feedback 0", `behaviour ${NOW}`] as const).flatMap((realm) =>
      [NOW, at("2026-12-02T00:00:00Z")].map((atMs) => hex(book.toPseudonym(who({ realm, atMs })))),
    );
    expect(known.map(({ pseudonym }) => pseudonym).sort()).toEqual(made.sort());
    const withdrawal = { ...grant, purpose: "feedback", granted: false } as const;
    const realms = toKnownPseudonyms(keys, { ref, ptn: "acme" }, { consents: [withdrawal] }).map(({ realm }) => realm);
    expect(new Set(realms)).toEqual(new Set(["engagement", "behaviour 0", "feedback 0", `behaviour ${NOW}`]));
  });

  test("finds nothing of a Partner whose salt is destroyed, nor of an epoch whose key is", () => {
    const keys = someKeys("acme");
    expect(toKnownPseudonyms(keys, { ref, ptn: "gone" }, undefined)).toEqual([]);
    expect(toKnownPseudonyms({ ...keys, epochs: [{ epoch: 1, from: "" }] }, { ref, ptn: "acme" }, undefined)).toEqual(
      [],
    );
  });
});
