import { afterEach, describe, expect, test } from "vitest";
import { LogUnavailable } from "../../../schemas/ports.ts";
import { JournalUnreadable } from "../../../transform/journal-chain.ts";
import { followJournal } from "../../../transform/journal-follow.ts";
import { aPartnerDecision, aRecord, decideIn, NOW } from "../../fixtures/transform-events.ts";
import { TransformMemoryLog } from "../../fixtures/transform-memory.ts";

let stopping = new AbortController();
afterEach(() => {
  stopping.abort();
  stopping = new AbortController();
});

describe("followJournal()", () => {
  test("has read the whole journal when it resolves; the last entry about a Partner holds", async () => {
    const log = new TransformMemoryLog();
    await decideIn(log, aPartnerDecision(), aPartnerDecision({ id: "beta" }), aPartnerDecision({ leftMs: NOW }));
    const journal = await followJournal(log, stopping.signal);
    expect([...journal.state().partners.keys()]).toEqual(["acme", "beta"]);
    expect(journal.state().partners.get("acme")?.leftMs).toBe(NOW);
  });

  test("resolves for an empty journal", async () => {
    expect((await followJournal(new TransformMemoryLog(), stopping.signal)).state().partners.size).toBe(0);
  });

  test("caughtUp() waits for the entries that are there when it is asked", async () => {
    const log = new TransformMemoryLog();
    const journal = await followJournal(log, stopping.signal);
    await decideIn(log, aPartnerDecision());
    await journal.caughtUp();
    expect(journal.state().partners.has("acme")).toBe(true);
  });

  test("caughtUp() refuses to speak of entries that came after the end of following", async () => {
    const log = new TransformMemoryLog();
    const journal = await followJournal(log, stopping.signal);
    stopping.abort();
    await journal.caughtUp();
    await decideIn(log, aPartnerDecision());
    await expect(journal.caughtUp()).rejects.toThrow(LogUnavailable);
  });

  test.each([
    ["text", "x"],
    ["null", null],
    ["a later version", { v: 2, number: 2, prev: "", decision: { kind: "partner" } }],
    ["an unknown kind", { v: 1, number: 2, prev: "", decision: { kind: "promise" } }],
    ["an entry without a number", { v: 1, prev: "", decision: { kind: "partner" } }],
    ["an entry without a decision", { v: 1, number: 2, prev: "" }],
  ])("fails closed on %s", async (_, entry) => {
    const log = new TransformMemoryLog();
    await decideIn(log, aPartnerDecision());
    await log.append("journal", [aRecord(entry)]);
    await expect(followJournal(log, stopping.signal)).rejects.toThrow(JournalUnreadable);
  });
});
