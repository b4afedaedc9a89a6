import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { type SubjectRef, toEpochMs } from "../../../schemas/ids.ts";
import { type Decision, type JournalState, toJournalState } from "../../../schemas/journal.ts";
import { LogUnavailable } from "../../../schemas/ports.ts";
import { carryOver, ERASED_CONSENTS_KEPT_MS, removeCarried, toCarried } from "../../../transform/journal-carry.ts";
import { JournalTampered } from "../../../transform/journal-chain.ts";
import { followJournal } from "../../../transform/journal-follow.ts";
import { createDecide } from "../../../transform/journal-write.ts";
import { aPartnerDecision, DAY_MS, decideIn, NOW } from "../../fixtures/transform-events.ts";
import { TransformMemoryLog } from "../../fixtures/transform-memory.ts";

let stopping = new AbortController();
afterEach(() => {
  stopping.abort();
  stopping = new AbortController();
});

const aRef = (name: string) => name as SubjectRef; // any text serves here
const at = (days: number) => toEpochMs(NOW + days * DAY_MS);

function consent(name: string, granted: boolean, days: number): Decision {
  const who = { ref: aRef(name), ptn: "acme" };
  return { kind: "consent", ...who, purpose: "behaviour", granted, atMs: at(days), wording: "v1", source: "api" };
}
function erasure(name: string, days: number): Decision {
  return { kind: "erasure", ref: aRef(name), ptn: "acme", atMs: at(days) };
}

/** A process of its own: a writer and what it has read. */
async function aWriter(log: TransformMemoryLog) {
  const journal = await followJournal(log, stopping.signal);
  return { journal, decide: createDecide(log, journal) };
}

/** What two states have in common to be the same to everyone who asks them. */
function toPlain(state: JournalState) {
  return {
    partners: [...state.partners].sort(),
    people: [...state.people].sort(([a], [b]) => a.localeCompare(b)),
    holds: [...state.holds].sort(),
    instructions: [...state.instructions].sort(),
    keyEvents: state.keyEvents,
  };
}

describe("createDecide()", () => {
  test("has the decision in force when it resolves, and everyone else has it once caught up", async () => {
    const log = new TransformMemoryLog();
    const [one, other] = [await aWriter(log), await aWriter(log)];
    await one.decide([aPartnerDecision({ id: "beta" })]);
    expect(one.journal.state().partners.has("beta")).toBe(true);
    await other.journal.caughtUp();
    expect(other.journal.state().partners.has("beta")).toBe(true);
  });

  test("loses nothing when many write at once", async () => {
    const log = new TransformMemoryLog();
    const writers = [await aWriter(log), await aWriter(log), await aWriter(log)];
    await Promise.all(
      writers.flatMap(({ decide }, writer) =>
        [1, 2, 3, 4].map((turn) =>
          decide([aPartnerDecision({ id: `w${writer}-${turn}` }), aPartnerDecision({ id: `w${writer}-${turn}b` })]),
        ),
      ),
    );
    const { journal } = await aWriter(log);
    expect(journal.state().partners.size).toBe(24);
    expect(journal.head().count).toBe(24);
  });

  test("says that the log is away, and goes on afterwards", async () => {
    const log = new TransformMemoryLog();
    const { decide, journal } = await aWriter(log);
    log.failing.set("append", 1);
    await expect(decide([aPartnerDecision()])).rejects.toThrow(LogUnavailable);
    await decide([aPartnerDecision()]);
    expect(journal.state().partners.has("acme")).toBe(true);
  });

  test("writes nothing for no decision", async () => {
    const log = new TransformMemoryLog();
    await (await aWriter(log)).decide([]);
    expect(log.read("journal")).toEqual([]);
  });
});

describe("carryOver()", () => {
  test("keeps what holds and removes what stood before from the log", async () => {
    const log = new TransformMemoryLog();
    await decideIn(log, aPartnerDecision(), aPartnerDecision({ leftMs: NOW }), consent("ann", true, 0));
    const { journal } = await aWriter(log);
    const before = toPlain(journal.state());
    expect(await carryOver(log, journal, NOW)).toEqual({ carried: true, removed: 3 });
    expect(toPlain(journal.state())).toEqual(before);
    const fresh = await aWriter(log);
    expect(toPlain(fresh.journal.state())).toEqual(before);
    expect(log.read("journal")[0]?.offset).toBe(3);
    await fresh.decide([consent("ann", false, 1)]);
    await journal.caughtUp();
    expect(journal.state().people.get(aRef("ann"))?.consents).toHaveLength(2);
  });

  test("forgets the choices of the forgotten and the erased, but not that they were erased", async () => {
    const log = new TransformMemoryLog();
    await decideIn(log, consent("ann", true, -100), erasure("ann", -40), consent("bob", true, -100));
    await decideIn(log, { kind: "forgotten", ref: aRef("bob"), ptn: "acme", atMs: at(-1) });
    const { journal } = await aWriter(log);
    await carryOver(log, journal, NOW);
    const text = log.read("journal").map(({ value }) => new TextDecoder().decode(value));
    expect(text.filter((entry) => entry.includes('"consent"'))).toEqual([]);
    expect(text.filter((entry) => entry.includes('"erasure"'))).toHaveLength(1);
    expect(journal.state().people.get(aRef("ann"))?.erasedMs).toBe(at(-40));
  });

  test("keeps choices from before an erasure as long as a backup may need them", () => {
    const state = toJournalState([consent("ann", true, -1), erasure("ann", 0), consent("ann", true, 3)]);
    const kinds = (nowMs: number) => toCarried(state, toEpochMs(nowMs)).map(({ kind }) => kind);
    expect(kinds(NOW + ERASED_CONSENTS_KEPT_MS - 1)).toEqual(["consent", "consent", "erasure"]);
    expect(kinds(NOW + ERASED_CONSENTS_KEPT_MS)).toEqual(["consent", "erasure"]);
  });

  test("counts as not written when it was cut off, and the next one finishes", async () => {
    const log = new TransformMemoryLog();
    await decideIn(log, aPartnerDecision(), consent("ann", true, 0));
    const { journal } = await aWriter(log);
    const { count, hash } = journal.head();
    const cut = journal.toEntries([{ kind: "carried", atMs: NOW, count, head: hash }, aPartnerDecision()], true);
    await log.append(
      "journal",
      cut.map((value) => ({ key: "journal", value })),
    );
    const fresh = await aWriter(log);
    expect(fresh.journal.state().people.size).toBe(1);
    expect(await removeCarried(log, fresh.journal)).toBe(0);
    expect(await carryOver(log, fresh.journal, NOW)).toMatchObject({ carried: true, removed: 4 });
    expect((await aWriter(log)).journal.state().people.size).toBe(1);
  });

  test("is not believed as a beginning without its end", async () => {
    const log = new TransformMemoryLog();
    await decideIn(log, aPartnerDecision(), consent("ann", true, 0));
    const { journal } = await aWriter(log);
    await carryOver(log, journal, NOW);
    log.streams.set("journal", [...log.read("journal").slice(0, -1)]);
    await expect(followJournal(log, stopping.signal)).rejects.toThrow(JournalTampered);
  });

  test("is followed by one who had not read what it removed", async () => {
    const log = new TransformMemoryLog();
    await decideIn(log, aPartnerDecision());
    const slow = await aWriter(log);
    const quick = await aWriter(log);
    await quick.decide([consent("ann", true, 0), consent("bob", true, 0)]);
    await carryOver(log, quick.journal, NOW);
    await slow.journal.caughtUp();
    expect(toPlain(slow.journal.state())).toEqual(toPlain(quick.journal.state()));
    await slow.decide([consent("cleo", true, 0)]);
    await quick.journal.caughtUp();
    expect(quick.journal.state().people.size).toBe(3);
  });

  test("changes nothing for anyone, however writers and carry-overs interleave", async () => {
    const step = fc.oneof(
      fc.record({ who: fc.nat(2), name: fc.constantFrom("ann", "bob"), granted: fc.boolean(), day: fc.nat(5) }),
      fc.record({ who: fc.nat(2), erase: fc.constantFrom("ann", "bob"), day: fc.nat(5) }),
      fc.record({ who: fc.nat(2), carry: fc.constant(true) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const log = new TransformMemoryLog();
        const writers = [await aWriter(log), await aWriter(log), await aWriter(log)];
        const decided: Decision[] = [];
        for (const one of steps) {
          const writer = writers[one.who];
          if (writer === undefined) continue;
          if ("carry" in one) {
            await carryOver(log, writer.journal, NOW);
            continue;
          }
          const decision = "erase" in one ? erasure(one.erase, one.day) : consent(one.name, one.granted, one.day);
          decided.push(decision);
          await writer.decide([decision]);
        }
        const model = toPlain(toJournalState(decided));
        for (const { journal } of [...writers, await aWriter(log)]) {
          await journal.caughtUp();
          expect(toPlain(journal.state())).toEqual(model);
        }
      }),
      { numRuns: 25 },
    );
  });
});
