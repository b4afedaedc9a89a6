import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import { type EpochMs, type SubjectRef, toEpochMs } from "../../../schemas/ids.ts";
import { type Decision, type JournalState, type PersonChoices, toJournalState } from "../../../schemas/journal.ts";
import { type Log, LogUnavailable } from "../../../schemas/ports.ts";
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

const ANN = { ref: aRef("ann"), ptn: "acme" };
function aHold(on: boolean, atMs: EpochMs, id = "h"): Decision {
  return { kind: "hold", on, atMs, id, reference: "court" };
}
const OTHERS: readonly ((on: boolean, atMs: EpochMs) => Decision)[] = [
  (on, atMs) => ({ kind: "objection", ...ANN, on, atMs, purpose: "engagement" }),
  (on, atMs) => ({ kind: "restriction", ...ANN, on, atMs }),
  (on, atMs) => ({ kind: "rectification", ...ANN, atMs, change: { dept: on ? "Law" : "" } }),
  (_, atMs) => ({ kind: "forgotten", ...ANN, atMs }),
  (on, atMs) => ({ kind: "instruction", on, atMs, partner: "acme", scope: "rights", reference: "letter 1" }),
  (on, atMs) => ({ kind: "key", atMs, action: on ? "added" : "destroyed", key: "epoch 2" }),
  (on, atMs) => aHold(on, atMs),
];

/** A process of its own: a writer and what it has read. */
async function aWriter(log: Pick<Log, "append" | "follow" | "ends">) {
  const journal = await followJournal(log, stopping.signal);
  return { journal, decide: createDecide(log, journal) };
}

function saysAnything(choices: PersonChoices) {
  const { consents, objections, restricted, erasedMs, removals, forgottenMs, rectifications } = choices;
  const dated = [erasedMs, forgottenMs].filter((ms) => ms !== undefined);
  return restricted || consents.length + objections.size + removals.size + rectifications.length + dated.length > 0;
}

/** What two states have in common to be the same to everyone who asks them. */
function toPlain(state: JournalState) {
  return {
    partners: [...state.partners].sort(),
    // Of whom nothing holds any more is as one of whom nothing was ever said.
    people: [...state.people].filter(([, choices]) => saysAnything(choices)).sort(([a], [b]) => a.localeCompare(b)),
    holds: [...state.holds].sort(),
    instructions: [...state.instructions].sort(),
    keyEvents: state.keyEvents,
    decidedMs: [...state.decidedMs].sort(),
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

  test("writes more than a log keeps together, whole and in order", async () => {
    const log = new TransformMemoryLog();
    const { decide, journal } = await aWriter(log);
    const many = Array.from({ length: 3_000 }, (_, number) => aPartnerDecision({ id: `p${number}` }));
    await decide(many);
    expect(log.appends.filter((records) => records > 0).length).toBeGreaterThan(1);
    expect([...journal.state().partners.keys()]).toEqual(many.map((_, number) => `p${number}`));
    expect(journal.head().count).toBe(3_000);
  });

  test("writes again what lost against an entry that a carry-over has removed meanwhile", async () => {
    const log = new TransformMemoryLog();
    await decideIn(log, aPartnerDecision());
    const quick = await aWriter(log);
    const gate = Promise.withResolvers<void>();
    let isFirst = true;
    const slow = await aWriter({
      ends: (stream) => log.ends(stream),
      async *follow(stream, signal) {
        for await (const batch of log.follow(stream, signal)) {
          yield batch;
          await gate.promise;
        }
      },
      async append(stream, records) {
        if (isFirst) await quick.decide([consent("bob", true, 0)]);
        await log.append(stream, records);
        if (isFirst) await carryOver(log, quick.journal, NOW);
        isFirst = false;
        gate.resolve();
      },
    });
    await slow.decide([erasure("ann", 0)]);
    const { journal } = await aWriter(log);
    expect(journal.state().people.get(aRef("ann"))?.erasedMs).toBe(at(0));
    expect(journal.state().people.has(aRef("bob"))).toBe(true);
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

  test("keeps removals by purpose, the latest of each, also of the forgotten, and the grants that find their rows", async () => {
    const removal = (purpose: "behaviour" | "feedback", days: number): Decision => {
      return { kind: "removal", ref: aRef("ann"), ptn: "acme", atMs: at(days), purpose };
    };
    const log = new TransformMemoryLog();
    await decideIn(log, consent("ann", true, -100), removal("behaviour", -40), removal("behaviour", -50));
    await decideIn(log, removal("feedback", -30));
    const { journal } = await aWriter(log);
    await carryOver(log, journal, NOW);
    const known = journal.state().people.get(aRef("ann"));
    expect(known?.removals).toEqual(
      new Map([
        ["behaviour", at(-40)],
        ["feedback", at(-30)],
      ]),
    );
    expect(known?.consents).toHaveLength(1);
    expect(known?.erasedMs).toBeUndefined();
    await decideIn(log, { kind: "forgotten", ref: aRef("ann"), ptn: "acme", atMs: at(0) });
    await journal.caughtUp();
    expect(journal.state().people.get(aRef("ann"))).toMatchObject({ consents: [], removals: known?.removals });
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
      fc.record({ who: fc.nat(2), other: fc.constantFrom(...OTHERS), on: fc.boolean(), day: fc.nat(5) }),
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
          const decision =
            "erase" in one
              ? erasure(one.erase, one.day)
              : "other" in one
                ? one.other(one.on, at(one.day))
                : consent(one.name, one.granted, one.day);
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

  test("loses nothing while several write and carry over at once", async () => {
    const burst = fc.record({ who: fc.nat(2), what: fc.constantFrom("consent", "erasure", "hold", "carry") });
    await fc.assert(
      fc.asyncProperty(fc.array(burst, { minLength: 2, maxLength: 10 }), async (bursts) => {
        const log = new TransformMemoryLog();
        const writers = [await aWriter(log), await aWriter(log), await aWriter(log)];
        const decided: Decision[] = [];
        // Nothing here depends on what came first, so that the model needs no order.
        await Promise.all(
          bursts.map(async ({ who, what }, number) => {
            const writer = writers[who];
            if (writer === undefined) return;
            if (what === "carry") {
              await carryOver(log, writer.journal, at(10));
              return;
            }
            const decision =
              what === "consent"
                ? consent("ann", number % 2 === 0, number)
                : what === "erasure"
                  ? erasure("ann", number)
                  : aHold(true, at(number), `h${number}`);
            decided.push(decision);
            await writer.decide([decision]);
          }),
        );
        const model = toPlain(toJournalState(decided));
        for (const { journal } of [...writers, await aWriter(log)]) {
          await journal.caughtUp();
          expect(toPlain(journal.state())).toEqual(model);
        }
      }),
      { numRuns: 20 },
    );
  });
});
