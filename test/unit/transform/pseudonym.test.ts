import { createHmac, hkdfSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type SubjectRef, toEpochMs } from "../../../schemas/ids.ts";
import { PseudonymBook, toEpoch } from "../../../transform/pseudonym.ts";
import { aPerson, NOW, someKeys } from "../../fixtures/transform-events.ts";

const { ref } = aPerson();
const hex = (pseudonym: { bytes: Uint8Array } | undefined) => Buffer.from(pseudonym?.bytes ?? []).toString("hex");

describe("PseudonymBook", () => {
  test("toPseudonym() is HMAC-SHA-256 under the HKDF key of Partner and epoch, cut to 16 bytes", () => {
    const keys = someKeys("acme");
    const root = keys.epochs[0]?.root ?? new Uint8Array();
    const salt = keys.salts.get("acme") ?? new Uint8Array();
    const key = new Uint8Array(hkdfSync("sha256", root, salt, "roebuck pseudonym 1", 32));
    const expected = createHmac("sha256", key).update(ref).digest("hex").slice(0, 32);
    expect(hex(new PseudonymBook(keys).toPseudonym("acme", ref, NOW))).toBe(expected);
  });

  test("toPseudonym() gives one person at two Partners pseudonyms that cannot be linked", () => {
    const book = new PseudonymBook(someKeys("acme", "beta"));
    expect(hex(book.toPseudonym("acme", ref, NOW))).not.toBe(hex(book.toPseudonym("beta", ref, NOW)));
  });

  test("toPseudonym() gives nothing for a Partner without a salt", () => {
    expect(new PseudonymBook(someKeys("acme")).toPseudonym("gone", ref, NOW)).toBeUndefined();
  });

  test("toPseudonym() uses the epoch in force when the event happened", () => {
    const keys = someKeys("acme");
    const first = { epoch: 1, fromMs: 0, root: new Uint8Array(32).fill(1) };
    const second = { epoch: 2, fromMs: NOW, root: new Uint8Array(32).fill(2) };
    const book = new PseudonymBook({ ...keys, epochs: [first, second] });
    const before = book.toPseudonym("acme", ref, toEpochMs(NOW - 1));
    const after = book.toPseudonym("acme", ref, NOW);
    expect([before?.epoch, after?.epoch]).toEqual([1, 2]);
    expect(hex(before)).not.toBe(hex(after));
  });

  test("toPseudonym() gives nothing before the first epoch", () => {
    const keys = { ...someKeys("acme"), epochs: [{ epoch: 1, fromMs: NOW, root: new Uint8Array(32) }] };
    expect(toEpoch(keys, toEpochMs(NOW - 1))).toBeUndefined();
    expect(new PseudonymBook(keys).toPseudonym("acme", ref, toEpochMs(NOW - 1))).toBeUndefined();
  });

  test("toPseudonym() answers the same however little it remembers", () => {
    const forgetful = new PseudonymBook(someKeys("acme", "beta"), 3);
    const book = new PseudonymBook(someKeys("acme", "beta"));
    for (let i = 0; i < 50; i++) {
      const person = `person ${i % 7}` as SubjectRef; // any text serves
      const partner = i % 2 === 0 ? "acme" : "beta";
      expect(hex(forgetful.toPseudonym(partner, person, NOW))).toBe(hex(book.toPseudonym(partner, person, NOW)));
    }
  });
});
