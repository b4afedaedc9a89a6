import { describe, expect, test } from "vitest";
import { toEpochMs } from "../../../schemas/ids.ts";
import type { Decision } from "../../../schemas/journal.ts";
import { JournalChain, JournalTampered, JournalUnreadable, toHash } from "../../../transform/journal-chain.ts";
import { aPartnerDecision } from "../../fixtures/transform-events.ts";

/** A journal of so many entries, and the chain that has read it. */
function aChain(entries: number): { chain: JournalChain; bytes: readonly Uint8Array[] } {
  const chain = new JournalChain();
  const bytes = chain.next(Array.from({ length: entries }, (_, number) => aPartnerDecision({ id: `p${number}` })));
  for (const entry of bytes) chain.read(entry);
  return { chain, bytes };
}

function readAll(bytes: readonly Uint8Array[]): JournalChain {
  const chain = new JournalChain();
  for (const entry of bytes) chain.read(entry);
  return chain;
}

function changed(bytes: Uint8Array): Uint8Array {
  return new TextEncoder().encode(new TextDecoder().decode(bytes).replace("London", "Dublin"));
}

describe("JournalChain", () => {
  test("tells how far it reaches", () => {
    const { chain, bytes } = aChain(3);
    expect(chain.head()).toEqual({ count: 3, hash: toHash(bytes[2] ?? new Uint8Array()) });
    expect(new JournalChain().head()).toEqual({ count: 0, hash: "" });
  });

  test("sees a changed entry at the one after it", () => {
    const { bytes } = aChain(3);
    expect(() => readAll(bytes.with(1, changed(bytes[1] ?? new Uint8Array())))).toThrow(JournalTampered);
  });

  test("sees a changed last entry by the head that somebody else has noted", () => {
    const { bytes, chain } = aChain(3);
    const forged = readAll(bytes.with(2, changed(bytes[2] ?? new Uint8Array())));
    expect(forged.hasHead(chain.head())).toBe(false);
    expect(readAll(bytes).hasHead(chain.head())).toBe(true);
  });

  test.each([
    ["the first entry", 0],
    ["an entry in the middle", 1],
  ])("sees that %s is missing, and says how to go on", (_, gone) => {
    expect(() => readAll(aChain(3).bytes.toSpliced(gone, 1))).toThrow(/roebuck restore --journal/);
  });

  test("sees two entries that changed places", () => {
    const [a, b, c] = aChain(3).bytes;
    expect(() => readAll([a, c, b].filter((entry) => entry !== undefined))).toThrow(JournalTampered);
  });

  test("sees that the end is missing by a head that it never had", () => {
    const { bytes, chain } = aChain(3);
    expect(readAll(bytes.slice(0, 2)).hasHead(chain.head())).toBe(false);
    expect(readAll(bytes).hasHead({ count: 2, hash: toHash(bytes[1] ?? new Uint8Array()) })).toBe(true);
    expect(readAll([]).hasHead({ count: 0, hash: "" })).toBe(true);
  });

  test("takes an entry that was delivered twice once", () => {
    const { bytes } = aChain(3);
    const read = readAll([...bytes, ...bytes]);
    expect(read.head().count).toBe(3);
    const [next] = read.next([aPartnerDecision({ id: "later" })]);
    expect(read.read(next ?? new Uint8Array())).not.toBe("void");
  });

  test("leaves out what lost a race, and what its writer wrote on top of it", () => {
    const { chain, bytes } = aChain(2);
    const [winner] = chain.next([aPartnerDecision({ id: "winner" })]);
    const losers = chain.next([aPartnerDecision({ id: "loser" }), aPartnerDecision({ id: "loser 2" })]);
    const read = readAll(bytes);
    expect(read.read(winner ?? new Uint8Array())).not.toBe("void");
    expect(losers.map((loser) => read.read(loser))).toEqual(["void", "void"]);
    const [next] = read.next([aPartnerDecision({ id: "later" })]);
    expect(read.read(next ?? new Uint8Array())).not.toBe("void");
  });

  test("begins with a carry-over, whose number goes on", () => {
    const { chain, bytes } = aChain(5);
    const { count, hash } = chain.head();
    const atMs = toEpochMs(1);
    const carry: Decision[] = [
      { kind: "carried", atMs, count, head: hash },
      { kind: "carried_end", atMs },
    ];
    const entries = chain.next(carry, true);
    const fresh = readAll(entries);
    expect(fresh.head().count).toBe(7);
    expect(fresh.hasHead({ count: 3, hash: toHash(bytes[2] ?? new Uint8Array()) })).toBe(true);
    expect(fresh.hasHead(chain.head())).toBe(true);
    expect(fresh.hasHead({ count, hash: toHash(bytes[0] ?? new Uint8Array()) })).toBe(false);
    expect(() => readAll(entries.slice(1))).toThrow(JournalTampered);
  });

  test("knows a late loser when what beat it has left the log", () => {
    const { chain } = aChain(5);
    const losers = chain.next([1, 2, 3, 4].map((number) => aPartnerDecision({ id: `loser ${number}` })));
    const [winner] = chain.next([aPartnerDecision({ id: "winner" })]);
    chain.read(winner ?? new Uint8Array());
    const { count, hash } = chain.head();
    const atMs = toEpochMs(1);
    const carry: Decision[] = [
      { kind: "carried", atMs, count, head: hash },
      { kind: "carried_end", atMs },
    ];
    const fresh = readAll(chain.next(carry, true));
    expect(losers.map((loser) => fresh.read(loser))).toEqual(["void", "void", "void", "void"]);
    expect(losers.some((loser, index) => fresh.holds({ count: 6 + index, hash: toHash(loser) }))).toBe(false);
    const [next] = fresh.next([aPartnerDecision({ id: "later" })]);
    expect(fresh.read(next ?? new Uint8Array())).not.toBe("void");
  });

  test("takes no carry-over for a beginning that contradicts itself", () => {
    const { chain } = aChain(5);
    const entries = chain.next([{ kind: "carried", atMs: toEpochMs(1), count: 4, head: chain.head().hash }], true);
    expect(() => readAll(entries)).toThrow(JournalTampered);
  });

  test("remembers thousands of heads", () => {
    const { chain, bytes } = aChain(3_000);
    expect(chain.hasHead({ count: 2_500, hash: toHash(bytes[2_499] ?? new Uint8Array()) })).toBe(true);
    expect(chain.hasHead({ count: 2_500, hash: toHash(bytes[2_498] ?? new Uint8Array()) })).toBe(false);
  });

  test("fails closed on what it cannot read", () => {
    expect(() => readAll([new TextEncoder().encode("{")])).toThrow(JournalUnreadable);
    const noPlace = { v: 1, number: 0, prev: "", decision: aPartnerDecision() };
    expect(() => readAll([new TextEncoder().encode(JSON.stringify(noPlace))])).toThrow(JournalUnreadable);
  });
});
