import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSqliteLog } from "../../ingest/log/sqlite-log.ts";
import { type SubjectRef, toEpochMs } from "../../schemas/ids.ts";
import type { Decision } from "../../schemas/journal.ts";
import type { Log } from "../../schemas/ports.ts";
import { carryOver } from "../../transform/journal-carry.ts";
import { JournalTampered } from "../../transform/journal-chain.ts";
import { followJournal } from "../../transform/journal-follow.ts";
import { createDecide, JOURNAL_KEY } from "../../transform/journal-write.ts";
import { aPartnerDecision, DAY_MS, NOW } from "../fixtures/transform-events.ts";
import { aClock } from "./settable-clock.ts";

let folder: string;
let log: Log;
let stopping: AbortController;

const open = (role: "writer" | "reader") =>
  openSqliteLog({ folder, clock: aClock(), role, syncToDisk: false, pollIntervalMs: 5 });

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "roebuck-journal-"));
  log = await open("writer");
  stopping = new AbortController();
});

afterEach(async () => {
  await close();
  rmSync(folder, { recursive: true, force: true });
});

async function close() {
  stopping.abort();
  await log[Symbol.asyncDispose]();
}

/** As if the process ended, and started again. */
async function restart() {
  await close();
  log = await open("writer");
  stopping = new AbortController();
}

async function aWriter() {
  const journal = await followJournal(log, stopping.signal);
  return { journal, decide: createDecide(log, journal) };
}

/** A person's whole reference as the disk would show it. */
const aRef = (name: string) => `${name}-marked-reference` as SubjectRef; // any text serves here
const aConsent = (name: string, days = 0): Decision => ({
  kind: "consent",
  ref: aRef(name),
  ptn: "acme",
  purpose: "behaviour",
  granted: true,
  atMs: toEpochMs(NOW + days * DAY_MS),
  wording: `wording for ${name}`,
  source: "api",
});
const forgotten = (name: string): Decision => ({ kind: "forgotten", ref: aRef(name), ptn: "acme", atMs: NOW });

/** Which files of the log show a text. */
function filesWith(text: string): readonly string[] {
  return readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(text));
}

describe("the journal on the embedded log", () => {
  test("tells every follower of what each writer decided, whoever was first", async () => {
    const writers = [await aWriter(), await aWriter(), await aWriter()];
    await using reader = await open("reader");
    const other = await followJournal(reader, stopping.signal);
    await Promise.all(
      writers.flatMap(({ decide }, writer) =>
        Array.from({ length: 10 }, (_, turn) => decide([aConsent(`p${writer}-${turn}`)])),
      ),
    );
    await other.caughtUp();
    for (const { journal } of [...writers, { journal: other }]) {
      await journal.caughtUp();
      expect(journal.state().people.size).toBe(30);
      expect(journal.head()).toEqual(other.head());
    }
  });

  test("says the same after a restart, also after a carry-over", async () => {
    const { journal, decide } = await aWriter();
    await decide([aPartnerDecision(), aConsent("ann"), aConsent("bob")]);
    const before = structuredClone({ people: journal.state().people, partners: journal.state().partners });
    await restart();
    const second = await aWriter();
    expect(await carryOver(log, second.journal, NOW)).toEqual({ carried: true, removed: 3 });
    await restart();
    const third = await aWriter();
    expect({ people: third.journal.state().people, partners: third.journal.state().partners }).toEqual(before);
    await third.decide([aConsent("cleo")]);
    expect(third.journal.state().people.size).toBe(3);
  });

  test("leaves nothing on the disk of what a forgotten person chose", async () => {
    const { journal, decide } = await aWriter();
    await decide([aConsent("ann"), aConsent("bob")]);
    await decide([forgotten("ann")]);
    expect(filesWith("wording for ann")).not.toEqual([]);
    await carryOver(log, journal, NOW);
    expect(filesWith("wording for ann")).toEqual([]);
    expect(filesWith("wording for bob")).not.toEqual([]);
    await restart();
    expect((await aWriter()).journal.state().people.get(aRef("ann"))).toMatchObject({ consents: [], forgottenMs: NOW });
  });

  test("holds what it held before when a carry-over was cut off at any entry, and the next one finishes", async () => {
    const { journal, decide } = await aWriter();
    await decide([aConsent("ann"), aConsent("bob"), forgotten("bob")]);
    for (const kept of [1, 2, 3]) {
      const { count, hash } = journal.head();
      const carried: Decision = { kind: "carried", atMs: NOW, count, head: hash };
      const cut = journal.toEntries([carried, aConsent("ann"), forgotten("bob")], true).slice(0, kept);
      await log.append(
        "journal",
        cut.map((value) => ({ key: JOURNAL_KEY, value })),
      );
      await journal.caughtUp();
    }
    await restart();
    const after = await aWriter();
    expect(after.journal.state().people.get(aRef("ann"))?.consents).toHaveLength(1);
    expect(after.journal.state().people.get(aRef("bob"))?.consents).toEqual([]);
    expect(await carryOver(log, after.journal, NOW)).toMatchObject({ carried: true, removed: 9 });
    await restart();
    expect((await aWriter()).journal.state().people.size).toBe(2);
  });

  test("lets others decide while it begins anew, again and again", async () => {
    const [one, two] = [await aWriter(), await aWriter()];
    await using reader = await open("reader");
    const other = await followJournal(reader, stopping.signal);
    await one.decide([aPartnerDecision()]);
    await Promise.all([
      ...Array.from({ length: 20 }, (_, number) => one.decide([aConsent(`p${number}`)])),
      (async () => {
        for (let times = 0; times < 5; times++) await carryOver(log, two.journal, NOW);
      })(),
    ]);
    for (const journal of [one.journal, two.journal, other, (await aWriter()).journal]) {
      await journal.caughtUp();
      expect(journal.state().people.size).toBe(20);
      expect(journal.state().partners.size).toBe(1);
    }
  });

  test("is refused at the start once its first entries are gone without a carry-over", async () => {
    const { decide } = await aWriter();
    await decide([aConsent("ann"), aConsent("bob")]);
    await log.truncate("journal", 0, 1);
    await restart();
    await expect(followJournal(log, stopping.signal)).rejects.toThrow(JournalTampered);
  });
});
