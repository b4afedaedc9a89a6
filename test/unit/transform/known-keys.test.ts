import { describe, expect, it } from "vitest";
import { toEpochMs } from "../../../schemas/ids.ts";
import type { JournalState } from "../../../schemas/journal.ts";
import type { PseudonymKeys } from "../../../schemas/keyring.ts";
import {
  createKeyGuard,
  findKeyTrouble,
  findReturned,
  findUnrecorded,
  toKeysOnRecord,
  withoutDestroyed,
} from "../../../transform/known-keys.ts";

type KeyEvent = JournalState["keyEvents"][number];
const event = (action: KeyEvent["action"], key: string): KeyEvent => ({ kind: "key", atMs: toEpochMs(1), action, key });
const bytes = (fill: number) => new Uint8Array(32).fill(fill);
const SEAL = bytes(1);
const KEYS: PseudonymKeys = {
  epochs: [
    { epoch: 1, from: "", root: bytes(2) },
    { epoch: 2, from: "2026-12" as never, root: bytes(3) },
  ],
  salts: new Map([
    ["", bytes(4)],
    ["acme", bytes(5)],
  ]),
};
const HELD = { sealKey: SEAL, pseudonym: KEYS };
const RECORDED = findUnrecorded(HELD, toKeysOnRecord([])).map((key) => event("added", key));

describe("keys held against the journal", () => {
  it("are each written once, by a fingerprint that tells nothing", () => {
    expect(RECORDED.map(({ key }) => key.split(" ").slice(0, -1).join(" "))).toEqual([
      "seal",
      "epoch 1",
      "epoch 2",
      "salt ",
      "salt acme",
    ]);
    for (const { key } of RECORDED) expect(key).toMatch(/ [0-9a-f]{16}$/);
    expect(findUnrecorded(HELD, toKeysOnRecord(RECORDED))).toEqual([]);
    expect(findKeyTrouble(HELD, toKeysOnRecord(RECORDED))).toBeUndefined();
  });

  it.each([
    ["another seal key", { ...HELD, sealKey: bytes(9) }, /seal key is another/],
    [
      "another root",
      { pseudonym: { ...KEYS, epochs: [{ epoch: 1, from: "", root: bytes(9) }] } },
      /"epoch 1" is another/,
    ],
    ["a missing epoch", { pseudonym: { ...KEYS, epochs: KEYS.epochs.slice(0, 1) } }, /"epoch 2" .* is missing/],
    ["another salt", { pseudonym: { ...KEYS, salts: new Map([["acme", bytes(9)]]) } }, /"salt acme" is another/],
  ] as const)("are refused for %s", (_, held, reason) => {
    expect(findKeyTrouble(held, toKeysOnRecord(RECORDED))).toMatch(reason);
  });

  it("may lack a key that was only just added elsewhere", () => {
    const held = { pseudonym: { ...KEYS, epochs: KEYS.epochs.slice(0, 1) } };
    expect(findKeyTrouble(held, toKeysOnRecord(RECORDED), false)).toBeUndefined();
  });

  it("are judged by those that a process has: a collector has no roots", () => {
    expect(findKeyTrouble({ sealKey: SEAL }, toKeysOnRecord(RECORDED))).toBeUndefined();
  });

  it("are not used when an old copy brings back what was destroyed", () => {
    const events = [...RECORDED, event("destroyed", "epoch 1"), event("destroyed", "salt acme")];
    const record = toKeysOnRecord(events);
    expect(findReturned(HELD, record)).toEqual(["epoch 1", "salt acme"]);
    const safe = withoutDestroyed(KEYS, record);
    expect(safe.epochs.map(({ root }) => root !== undefined)).toEqual([false, true]);
    expect([...safe.salts.keys()]).toEqual([""]);
    expect(findKeyTrouble({ pseudonym: safe }, record)).toBeUndefined();
    expect(findUnrecorded(HELD, record)).toEqual([]);
  });

  it("stay the same object until keys or journal change", () => {
    const events = [...RECORDED];
    const guard = createKeyGuard(() => events);
    const safe = guard(KEYS);
    expect(safe).toBe(KEYS);
    events.push(event("destroyed", "salt acme"));
    const less = guard(KEYS);
    expect(less.salts.has("acme")).toBe(false);
    expect(guard(KEYS)).toBe(less);
  });
});
