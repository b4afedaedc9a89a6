import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runBackup } from "../../api/backups/run-backup.ts";
import { restore } from "../../api/backups/run-restore.ts";
import { restrictPeople } from "../../api/rights/choices.ts";
import { erasePeople } from "../../api/rights/erase.ts";
import { countInFiles, makeDiskPlain } from "../fixtures/disk.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

// 100 people, each with a random history of their own; 20 at a time share an installation with its backups and restores.
const ROUNDS = 5;
const PEOPLE = 20;
const STEPS = 7;
const SEED = Number(process.env.ROEBUCK_TEST_SEED ?? Date.now() % 1_000_000);
const MINUTE_MS = 60_000;

const folder = mkdtempSync(join(tmpdir(), "roebuck-interleavings-"));
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
let house: RightsHouse;
let nowMs = Date.parse("2026-11-20T12:00:00Z");

beforeAll(async () => {
  house = await openRightsHouse({ ROEBUCK_BACKUP_DIR: folder });
  await makeDiskPlain(house.service.warehouse);
});
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
function toRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** What a person did: one search or one click. `mark` stands in the row and nowhere else. */
interface Act {
  readonly who: string;
  readonly table: "engagement" | "behaviour";
  readonly mark: string;
  readonly atMs: number;
}

/** What a person decided. */
interface Choices {
  grants: number[];
  withdrawnMs: number;
  erasedMs: number;
  restricted: boolean;
}

/** The whole of the rules in their simplest form: a list of what was received, and what is stored of it. */
class Model {
  readonly received: Act[] = [];
  readonly choices = new Map<string, Choices>();
  readonly backups: { id: string; stored: ReadonlySet<Act>; received: number }[] = [];
  stored = new Set<Act>();

  of(who: string): Choices {
    const known = this.choices.get(who) ?? { grants: [], withdrawnMs: -1, erasedMs: -1, restricted: false };
    this.choices.set(who, known);
    return known;
  }

  /** Kept as things are now? */
  #isKept({ who, table, atMs }: Act): boolean {
    const { grants, withdrawnMs, erasedMs, restricted } = this.of(who);
    if (restricted || atMs <= erasedMs) return false;
    if (table === "engagement") return true;
    return grants.some((grantMs) => grantMs <= atMs && grantMs > withdrawnMs && grantMs > erasedMs);
  }

  receive(act: Act): void {
    this.received.push(act);
    if (this.#isKept(act)) this.stored.add(act);
  }

  erase(who: string, atMs: number): void {
    this.of(who).erasedMs = atMs;
    for (const act of this.stored) if (act.who === who && act.atMs <= atMs) this.stored.delete(act);
  }

  backUp(id: string): void {
    this.backups.push({ id, stored: new Set(this.stored), received: this.received.length });
  }

  restore({ stored, received }: Model["backups"][number]): void {
    this.stored = new Set([...stored].filter(({ who, atMs }) => atMs > this.of(who).erasedMs));
    for (const act of this.received.slice(received)) if (this.#isKept(act)) this.stored.add(act);
  }

  marks(table: Act["table"], isShown: (who: string) => boolean): string[] {
    return [...this.stored]
      .filter((act) => act.table === table && isShown(act.who))
      .map(({ mark }) => mark)
      .toSorted();
  }
}

const model = new Model();
const asked = (subs: readonly string[]) => ({ people: { acct: "partner", partner: "acme", subs } }) as const;

/** Does the same to the installation as to the model, one kind after the other. */
async function step(random: () => number, people: readonly string[], acts: { count: number }): Promise<void> {
  const pick = new Map<string, string[]>();
  const kinds = ["search", "search", "click", "click", "grant", "withdraw", "erase", "restrict", "unrestrict", "rest"];
  for (const who of people) {
    const kind = kinds[Math.floor(random() * kinds.length)] ?? "rest";
    pick.set(kind, [...(pick.get(kind) ?? []), who]);
  }
  for (const [kind, some] of pick) {
    nowMs += MINUTE_MS;
    house.at(new Date(nowMs).toISOString());
    if (kind === "search" || kind === "click") {
      const done = some.map((who): Act => {
        acts.count += 1;
        const mark = `mark-${SEED}-${acts.count}-`;
        return { who, table: kind === "search" ? "engagement" : "behaviour", mark, atMs: nowMs };
      });
      await house.send(
        ...done.map(({ who, table, mark }) => ({
          sub: who,
          ...(table === "behaviour"
            ? ({ type: "click", target: mark } as const)
            : ({ type: "search", term: mark } as const)),
        })),
      );
      await house.settle();
      for (const act of done) model.receive(act);
    } else if (kind === "grant" || kind === "withdraw") {
      const change = { purpose: "behaviour", granted: kind === "grant", wording: "v1", source: "api" } as const;
      const atMs = house.service.clock.nowMs();
      await house.service.decide(
        some.map((who) => ({ kind: "consent", ref: house.toRef(who), ptn: "acme", atMs, ...change })),
      );
      for (const who of some) {
        if (kind === "grant") model.of(who).grants.push(nowMs);
        else model.of(who).withdrawnMs = nowMs;
      }
    } else if (kind === "erase") {
      await erasePeople(house.service, asked(some), "wren", house.io);
      for (const who of some) model.erase(who, nowMs);
    } else if (kind === "restrict" || kind === "unrestrict") {
      const on = kind === "restrict";
      await restrictPeople(house.service, { ...asked(some), on }, "wren", house.io);
      for (const who of some) model.of(who).restricted = on;
    }
  }
}

async function backUp(): Promise<void> {
  nowMs += MINUTE_MS;
  house.at(new Date(nowMs).toISOString());
  model.backUp((await runBackup(house.service, {}, "wren", house.io)).id);
}

async function putBack(random: () => number): Promise<void> {
  const chosen = model.backups[Math.floor(random() * model.backups.length)];
  if (chosen === undefined) return;
  nowMs += MINUTE_MS;
  house.at(new Date(nowMs).toISOString());
  await house.shut();
  const { settings, clock } = house;
  await restore({ settings, sites: [], logger: quiet, clock }, { id: chosen.id, dir: folder }, "wren", house.io);
  await house.reopen();
  model.restore(chosen);
}

async function readMarks(table: string): Promise<string[]> {
  const column = table.startsWith("engagement") ? "term" : "target";
  const rows = await house.rows<{ mark: string }>(
    `SELECT ${column} AS mark FROM ${table} WHERE startsWith(${column}, 'mark-')`,
  );
  return rows.map(({ mark }) => mark).toSorted();
}

async function compare(): Promise<void> {
  const isShown = (who: string) => !model.of(who).restricted;
  for (const table of ["engagement", "behaviour"] as const) {
    const all = await readMarks(table);
    expect([table, all]).toEqual([table, model.marks(table, () => true)]);
    expect([table, await readMarks(`${table}_v1`)]).toEqual([table, model.marks(table, isShown)]);
  }
}

describe(`100 people's random histories between backups and restores (ROEBUCK_TEST_SEED=${SEED})`, () => {
  const acts = { count: 0 };
  it.each(Array.from({ length: ROUNDS }, (_, round) => round))(
    "end as a simple model of the rules says, round %i",
    async (round) => {
      const random = toRandom(SEED + round);
      const people = Array.from({ length: PEOPLE }, (_, index) => `person-${round}-${index}`);
      for (let at = 0; at < STEPS; at += 1) {
        await step(random, people, acts);
        if (at === 2 || random() < 0.25) await backUp();
        if (at > 2 && (at === STEPS - 1 || random() < 0.2)) {
          await putBack(random);
          await compare();
        }
      }
      await compare();
      // Whatever was erased is in no file: neither its marks nor, as rows, its people.
      const erased = model.received.filter(({ who, atMs }) => atMs <= model.of(who).erasedMs);
      expect(erased.length).toBeGreaterThan(0);
      const kept = [...model.stored][0];
      if (kept !== undefined) expect(countInFiles(house.dataDir, kept.mark)).toBeGreaterThan(0); // the search finds what is there
      const found = erased.filter(({ mark }) => countInFiles(house.dataDir, mark) > 0).map(({ mark }) => mark);
      expect(found).toEqual([]);
    },
    900_000,
  );
});
