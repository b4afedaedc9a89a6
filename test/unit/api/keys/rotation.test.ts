import { describe, expect, it } from "vitest";
import { CODE_LIFE_MS, parseConfirmationCode, toConfirmationCode } from "../../../../api/keys/confirmation.ts";
import { parseTarget, toKeyName } from "../../../../api/keys/key-words.ts";
import { findRotationTrouble } from "../../../../api/keys/rotate.ts";
import { type Month, toEpochMs } from "../../../../schemas/ids.ts";

const plan = (now: string, zones: readonly string[] = ["UTC"], from: Month | "" = "") => ({
  epochs: [{ from }],
  zones,
  nowMs: toEpochMs(Date.parse(now)),
  futureMsMax: 300_000,
});
const month = (text: string) => text as Month; // each is one

describe("findRotationTrouble()", () => {
  it("takes a month that has begun nowhere", () => {
    expect(findRotationTrouble(month("2026-12"), plan("2026-11-24T09:30:00Z"))).toBeUndefined();
  });

  it.each([
    ["has begun", "2026-11", "2026-11-24T09:30:00Z", ["UTC"], /2026-11 has begun in UTC/],
    [
      "has begun further east",
      "2026-12",
      "2026-11-30T12:00:00Z",
      ["UTC", "Pacific/Auckland"],
      /begun in Pacific\/Auckland/,
    ],
    ["begins before every process knows", "2026-12", "2026-11-30T23:55:00Z", ["UTC"], /less than 7 minutes/],
  ])("refuses a month that %s", (_, asked, now, zones, reason) => {
    expect(findRotationTrouble(month(asked), plan(now, zones))).toMatch(reason);
  });

  it("refuses a month that an epoch begins with, and one before", () => {
    expect(findRotationTrouble(month("2027-01"), plan("2026-11-24T09:30:00Z", ["UTC"], month("2027-01")))).toMatch(
      /newest epoch begins with 2027-01/,
    );
    expect(findRotationTrouble(month("2026-12"), plan("2026-11-24T09:30:00Z", ["UTC"], month("2027-01")))).toMatch(
      /must begin later/,
    );
  });
});

describe("a confirmation code", () => {
  const key = new Uint8Array(32).fill(7);
  const now = toEpochMs(Date.UTC(2026, 10, 24));
  const code = toConfirmationCode(key, "destroy salt acme", now);

  it("confirms what it was made for, for fifteen minutes", () => {
    expect(parseConfirmationCode(key, "destroy salt acme", code, toEpochMs(now + CODE_LIFE_MS))).toEqual({
      issuedMs: now,
    });
    expect(parseConfirmationCode(key, "destroy salt acme", code, toEpochMs(now + CODE_LIFE_MS + 1))).toBe("expired");
  });

  it("confirms nothing else, and cannot be made up or made younger", () => {
    expect(parseConfirmationCode(key, "destroy salt brook", code, now)).toBe("wrong");
    expect(parseConfirmationCode(new Uint8Array(32), "destroy salt acme", code, now)).toBe("wrong");
    const younger = `${(now + 1_000).toString(36)}-${code.split("-")[1]}`;
    expect(parseConfirmationCode(key, "destroy salt acme", younger, now)).toBe("wrong");
    for (const made of ["", "-", "x", "yes"]) expect(parseConfirmationCode(key, "a", made, now)).toBe("wrong");
  });
});

describe("parseTarget()", () => {
  it("reads what can be destroyed, and refuses the rest with what it must be", () => {
    expect(toKeyName(parseTarget("epoch", "3"))).toBe("epoch 3");
    expect(toKeyName(parseTarget("salt", "acme"))).toBe("salt acme");
    expect(toKeyName(parseTarget("salt", "-"))).toBe("salt ");
    for (const [kind, id] of [
      ["epoch", "0"],
      ["epoch", "x"],
      ["seal", ""],
      ["salt", ""],
    ] as const) {
      expect(() => parseTarget(kind, id)).toThrow(/must be `epoch N` or `salt PARTNER`/);
    }
  });
});
