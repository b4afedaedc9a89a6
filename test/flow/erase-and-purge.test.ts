import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "../../api/commands.ts";
import { toSha256 } from "../../api/exports/ledger.ts";
import { noteExport } from "../../api/exports/note-export.ts";
import { runNightly } from "../../api/nightly.ts";
import type { RightsAsked } from "../../api/rights/act.ts";
import { erasePeople } from "../../api/rights/erase.ts";
import { exportPerson, toExport } from "../../api/rights/export.ts";
import { findFiles, makeDiskPlain } from "../fixtures/disk.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

// A year in which no machine's clock stands, so that the tables' own TTL does none of the work.
let house: RightsHouse;
beforeAll(async () => {
  house = await openRightsHouse();
  await makeDiskPlain(house.service.warehouse);
  house.at("2060-02-01T02:30:00Z");
  await night(); // the first has nothing to make up for
});
afterAll(() => house[Symbol.asyncDispose]());

const asked = (sub: string): RightsAsked => ({ people: { acct: "partner", partner: "acme", subs: [sub] } });
const erase = (sub: string) => erasePeople(house.service, asked(sub), "wren", house.io);
const night = () => runNightly(house.service, new AbortController().signal);
const pathOf = (sub: string) => join(house.dataDir, `export-${toSha256(Buffer.from(sub)).slice(0, 8)}.json`);

/** Everything that a person can have anywhere: old rows, new rows, a file, a record that cannot be read, one on its way. */
async function live(sub: string, year: number): Promise<void> {
  const use = { sub, consents: true, path: `/heron-${sub}` };
  house.at(`${year}-03-01T12:00:00Z`);
  await house.send(
    { ...use, type: "search", term: `heron-${sub}` },
    { ...use, type: "leave", engagedMs: 10 },
    { ...use, type: "feedback", comment: `heron-${sub}` },
    { ...use, type: "attendance", event: { id: `heron-${sub}`, title: "", kind: "webinar" }, minutes: 20 },
  );
  await house.settle();
  house.at(`${year + 1}-02-28T12:00:00Z`);
  await house.send({ ...use, type: "search", term: `heron-${sub}` });
  await house.settle();
  const path = pathOf(sub);
  const bytes = toExport(await exportPerson(house.service, asked(sub), "wren", house.io), "json");
  noteExport(house.service, {
    kind: "person",
    partner: "acme",
    ref: house.toRef(sub),
    files: [{ path, sha256: toSha256(bytes) }],
  });
  writeFileSync(path, bytes);
  const unreadable = Buffer.from(`{"person":{"ref":"${house.toRef(sub)}"},"term":"heron-${sub}"`).toString("base64");
  await house.service.log.append("quarantine", [
    { key: `events:0:${sub}`, value: Buffer.from(JSON.stringify({ v: 1, value: unreadable })) },
  ]);
}

/** Files that still have anything of a person. The journal may say that they were erased, by the reference. */
function findTraces(sub: string): readonly string[] {
  const ref = house.toRef(sub);
  const pseudonyms = house.toPseudonyms(sub).map(({ pseudonym }) => pseudonym);
  const base64 = Buffer.from(ref).toString("base64").slice(0, 40);
  const marks = [`heron-${sub}`, base64, ...pseudonyms, ...pseudonyms.map((text) => Buffer.from(text, "hex"))];
  return [
    ...marks.flatMap((mark) => findFiles(house.dataDir, mark).map((file) => `${mark} in ${file}`)),
    ...findFiles(house.dataDir, ref).filter((file) => !file.includes("journal")),
  ];
}

const stillThere = async (table: string) =>
  Number((await house.rows<{ c: string }>(`SELECT toString(count()) AS c FROM ${table}`))[0]?.c);

describe("an erasure in the night in which its rows pass their year", { timeout: 300_000 }, () => {
  const WAYS: readonly (readonly [string, (sub: string) => Promise<unknown>])[] = [
    ["before the purge", async (sub) => erase(sub).then(night)],
    ["after the purge", async (sub) => night().then(() => erase(sub))],
    ["at the same time", (sub) => Promise.all([erase(sub), night()])],
  ];

  it.each(WAYS.map(([name, run], index) => [name, run, index] as const))(
    "%s leaves no byte of the person anywhere",
    async (_, run, index) => {
      const sub = `person${index}`;
      const year = 2_060 + 2 * index;
      await live(sub, year);
      await live(`other${index}`, year);
      expect(findTraces(sub).length).toBeGreaterThan(5); // the search sees what is there
      house.at(`${year + 1}-03-01T02:30:00Z`);
      while (house.service.storedUntilMs() < house.clock.nowMs())
        await new Promise((resolve) => setTimeout(resolve, 5));
      // On its way: received, not yet processed.
      {
        await using _ = await house.service.pauseTransform();
        await house.send({ sub, type: "search", term: `heron-${sub}`, at: `${year + 1}-03-01T02:29:00Z` });
        await house.send({ sub: `other${index}`, type: "search", term: "x", at: `${year + 1}-03-01T02:29:00Z` });
      }
      await run(sub);
      house.at(`${year + 1}-03-01T02:50:00Z`);
      // Delivered again, from a copy that a sender kept.
      await house.send({ sub, type: "search", term: `heron-${sub}`, at: `${year + 1}-02-28T12:00:00Z` });
      await house.settle();
      await house.service.log.blank("events", ({ value }) => Buffer.from(value).includes(`heron-${sub}`)); // as its hours pass
      await expect.poll(() => findTraces(sub), { timeout: 120_000, interval: 500 }).toEqual([]);
      // Others keep what is younger than a year: one from the day before, one of this night.
      expect(await stillThere(`engagement WHERE at >= '${year + 1}-02-28'`)).toBe(2);
      expect(await stillThere(`attendance WHERE at < '${year + 1}-02-28'`)).toBe(0);
      expect(findTraces(`other${index}`).length).toBeGreaterThan(0);
      rmSync(pathOf(`other${index}`));
    },
  );
});

describe("an export whose rows pass their year", { timeout: 300_000 }, () => {
  it("goes with them: on day 366 nothing of the day is in any table, log or exported file", async () => {
    house.at("2080-03-01T12:00:00Z");
    await house.send({ sub: "crane", type: "search", term: "heron-crane", path: "/heron-crane" });
    await house.settle();
    house.at("2081-02-27T12:00:00Z");
    await night();
    const path = join(house.dataDir, "mine.json");
    let written = Buffer.alloc(0);
    const io = {
      ...house.io,
      bytes: async (chunk: Uint8Array) => {
        written = Buffer.concat([written, chunk]);
      },
    };
    const give = async (
      name: string,
      operands: Readonly<Record<string, string>>,
      flags: Readonly<Record<string, string>>,
    ) => {
      const command = COMMANDS.find((one) => one.name === name);
      if (command?.on !== "service") throw new Error(`${name} is no command on the stores`);
      return command.run(house.service, { operands, flags, switches: new Set() }, io);
    };
    await give("subject export", {}, { partner: "acme", acct: "partner", sub: "crane", format: "json", output: path });
    writeFileSync(path, written); // as the terminal does
    const folder = join(house.dataDir, "for-acme");
    await give("partners export", { ID: "acme" }, { folder });
    const inFiles = () => findFiles(house.dataDir, "heron-crane");
    expect(inFiles().filter((file) => file === path || file.startsWith(folder)).length).toBeGreaterThan(1);
    expect(house.lines.slice(-1)[0]).toContain("deletes it on 2081-03-01 at 00:00 UTC");
    house.at("2081-02-28T02:30:00Z");
    await night();
    expect(existsSync(path)).toBe(true);
    house.at("2081-03-01T02:30:00Z");
    while (house.service.storedUntilMs() < house.clock.nowMs()) await new Promise((resolve) => setTimeout(resolve, 5));
    await night();
    await expect.poll(inFiles, { timeout: 120_000, interval: 500 }).toEqual([]);
    expect([existsSync(path), existsSync(folder)]).toEqual([false, false]);
  });
});
