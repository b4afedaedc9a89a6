import { describe, expect, it } from "vitest";
import { findWrongKeys, toKeyFingerprints } from "../../../../api/backups/fingerprints.ts";
import { parseMonth } from "../../../../schemas/ids.ts";
import { type Decision, type JournalState, toJournalState } from "../../../../schemas/journal.ts";
import type { PseudonymKeys } from "../../../../schemas/keyring.ts";
import { NOW } from "../../../fixtures/transform-events.ts";

const DECEMBER = parseMonth("2026-12") ?? "";
const JANUARY = parseMonth("2027-01") ?? "";
const bytes = (fill: number) => new Uint8Array(32).fill(fill);

function someKeys(changes: Partial<PseudonymKeys> = {}): PseudonymKeys {
  return {
    epochs: [
      { epoch: 1, from: "", root: bytes(1) },
      { epoch: 2, from: DECEMBER, root: bytes(2) },
    ],
    salts: new Map([
      ["", bytes(3)],
      ["acme", bytes(4)],
    ]),
    ...changes,
  };
}

const print = (keys: PseudonymKeys = someKeys(), seal = bytes(9)) => toKeyFingerprints({ sealKey: seal }, keys);

function destroyed(...keys: string[]): Pick<JournalState, "keyEvents"> {
  return toJournalState(keys.map((key): Decision => ({ kind: "key", action: "destroyed", key, atMs: NOW })));
}

describe("findWrongKeys()", () => {
  const without = someKeys({ salts: new Map([["", bytes(3)]]) });
  const rootless = someKeys({
    epochs: [
      { epoch: 1, from: "" },
      { epoch: 2, from: DECEMBER, root: bytes(2) },
    ],
  });

  it.each([
    ["the same keys", print(), destroyed(), []],
    [
      "a Partner more",
      print(someKeys({ salts: new Map([...someKeys().salts, ["brook", bytes(5)]]) })),
      destroyed(),
      [],
    ],
    [
      "an epoch more",
      print(someKeys({ epochs: [...someKeys().epochs, { epoch: 3, from: JANUARY, root: bytes(6) }] })),
      destroyed(),
      [],
    ],
    ["another seal key", print(someKeys(), bytes(8)), destroyed(), ["seal"]],
    ["a salt that is gone", print(without), destroyed(), ["salt acme"]],
    ["a salt that was destroyed", print(without), destroyed("salt acme"), []],
    [
      "a salt made anew where one was destroyed",
      print(
        someKeys({
          salts: new Map([
            ["", bytes(3)],
            ["acme", bytes(7)],
          ]),
        }),
      ),
      destroyed("salt acme"),
      ["salt acme"],
    ],
    ["a root that is gone", print(rootless), destroyed(), ["epoch 1"]],
    ["a root that was destroyed", print(rootless), destroyed("epoch 1"), []],
    [
      "another root",
      print(
        someKeys({
          epochs: [
            { epoch: 1, from: "", root: bytes(7) },
            { epoch: 2, from: DECEMBER, root: bytes(2) },
          ],
        }),
      ),
      destroyed("epoch 1"),
      ["epoch 1"],
    ],
    ["no epoch at all", print(someKeys({ epochs: [] })), destroyed("epoch 1"), ["epoch 2"]],
    [
      "nothing that fits",
      print({ epochs: [], salts: new Map() }, bytes(8)),
      destroyed(),
      ["seal", "epoch 1", "epoch 2", "salt ", "salt acme"],
    ],
  ])("with %s names what does not fit", (_, here, journal, wrong) => {
    expect(findWrongKeys(print(), here, journal)).toEqual(wrong);
  });

  it("misses nothing that had been destroyed when the backup was made", () => {
    expect(findWrongKeys(print(rootless), print(rootless), destroyed())).toEqual([]);
  });
});

describe("toKeyFingerprints()", () => {
  it("tells nothing of a key, and the same bytes in another place look otherwise", () => {
    const same = bytes(1);
    const keys = { epochs: [{ epoch: 1, from: "", root: same }], salts: new Map([["acme", same]]) } as const;
    const found = toKeyFingerprints({ sealKey: same }, keys);
    const all = [found.seal, found.epochs["1"], found.salts.acme];
    expect(new Set(all).size).toBe(3);
    for (const encoding of ["hex", "base64", "base64url", "latin1"] as const) {
      expect(JSON.stringify(found)).not.toContain(Buffer.from(same).toString(encoding).slice(0, 12));
    }
  });
});
