import { afterEach, describe, expect, test } from "vitest";
import { LogUnavailable } from "../../../schemas/ports.ts";
import { followJournal, JournalUnreadable } from "../../../transform/journal-follow.ts";
import { aPartnerEntry, aRecord, NOW } from "../../fixtures/transform-events.ts";
import { TransformMemoryLog } from "../../fixtures/transform-memory.ts";

let stopping = new AbortController();
afterEach(() => {
  stopping.abort();
  stopping = new AbortController();
});

describe("followJournal()", () => {
  test("has read the whole journal when it resolves; the last entry about a Partner holds", async () => {
    const log = new TransformMemoryLog();
    await log.append("journal", [aPartnerEntry(), aPartnerEntry({ id: "beta" }), aPartnerEntry({ leftMs: NOW })]);
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
    await log.append("journal", [aPartnerEntry()]);
    await journal.caughtUp();
    expect(journal.state().partners.has("acme")).toBe(true);
  });

  test("caughtUp() refuses to speak of entries that came after the end of following", async () => {
    const log = new TransformMemoryLog();
    const journal = await followJournal(log, stopping.signal);
    stopping.abort();
    await journal.caughtUp();
    await log.append("journal", [aPartnerEntry()]);
    await expect(journal.caughtUp()).rejects.toThrow(LogUnavailable);
  });

  test.each([
    ["text", "x"],
    ["null", null],
    ["a later version", { v: 2, kind: "partner", partner: { id: "a", zone: "UTC" } }],
    ["an unknown kind", { v: 1, kind: "objection" }],
    ["a Partner without an id", { v: 1, kind: "partner", partner: { zone: "UTC" } }],
    ["a departure that is no instant", { v: 1, kind: "partner", partner: { id: "a", zone: "UTC", leftMs: "now" } }],
  ])("fails closed on %s", async (_, entry) => {
    const log = new TransformMemoryLog();
    await log.append("journal", [aPartnerEntry(), aRecord(entry)]);
    await expect(followJournal(log, stopping.signal)).rejects.toThrow(JournalUnreadable);
  });
});
