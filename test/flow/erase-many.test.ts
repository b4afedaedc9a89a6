import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseArguments } from "../../api/command.ts";
import { subjectCommands } from "../../api/commands/subject.ts";
import type { ErasureCertificate } from "../../api/rights/certificate.ts";
import { listRecords, readRecord } from "../../reporting/records.ts";
import type { Month } from "../../schemas/ids.ts";
import { findFilesWithAny } from "../fixtures/byte-search.ts";
import { CROWD_PARTNER, type Crowd, openCrowd, toMonthsBefore } from "../fixtures/crowd.ts";
import { findMarks, openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

// The store's own clock drops what is older than a year, so the months are the last ones of now.
const NOW = new Date();
const MONTHS = toMonthsBefore(NOW.getTime(), 3);
const SUBS = Array.from({ length: 50 }, (_, index) => `crowd-${index}`);
let house: RightsHouse;
let crowd: Crowd;
const folder = mkdtempSync(join(tmpdir(), "roebuck-erase-many-"));

beforeAll(async () => {
  house = await openRightsHouse();
  house.at(NOW.toISOString());
  crowd = await openCrowd(house.service, {
    subs: SUBS,
    rows: 20_000,
    partners: 4,
    months: MONTHS,
    closes: true,
    logRecords: 2_000,
  });
}, 240_000);
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** `roebuck subject erase` with a list of user ids, as an operator gives it. */
async function eraseByCommand(): Promise<ErasureCertificate> {
  const command = subjectCommands.find(({ name }) => name === "subject erase");
  if (command === undefined) throw new Error("there is no subject erase");
  const file = join(folder, "ids.txt");
  writeFileSync(file, SUBS.join("\n"));
  const words = ["--partner", CROWD_PARTNER, "--sub-file", file, "--format", "json"];
  house.lines.length = 0;
  expect(await command.run(house.service, parseArguments(command, words), house.io)).toBe(0);
  return JSON.parse(house.lines.join(""));
}

const recordOf = (month: Month, partner = CROWD_PARTNER) => readRecord(house.service.warehouse, month, partner);
const versions = async () =>
  (await listRecords(house.service.warehouse)).map(({ partner, month, version }) => `${partner} ${month} ${version}`);

async function countTitles(prefix: string): Promise<number> {
  const [row] = await house.rows<{ c: string }>(
    `SELECT uniqExact(partner, id) AS c FROM resources WHERE startsWith(id, '${prefix}')`,
  );
  return Number(row?.c);
}

/** What the rows that are left say, counted without any of our queries. */
async function countPlainly(month: Month): Promise<{ rows: number; people: number }> {
  const [row] = await house.rows<{ rows: string; people: string }>(
    `SELECT count() AS rows, uniqExact(pseudonym) AS people FROM engagement
     WHERE partner = '${CROWD_PARTNER}' AND formatDateTime(at, '%Y-%m') = '${month}'`,
  );
  return { rows: Number(row?.rows), people: Number(row?.people) };
}

describe("the erasure of 50 people among 20,000 rows", () => {
  it("leaves no byte of a pseudonym of theirs in the data folder, and states each closed month of their Partner anew", async () => {
    expect(crowd.rows).toBeGreaterThan(1_500);
    expect(findFilesWithAny(house.dataDir, crowd.pseudonyms).length).toBeGreaterThan(10); // the search sees them
    const refs = SUBS.map((sub) => house.toRef(sub, CROWD_PARTNER));
    const before = new Map(await Promise.all(MONTHS.map(async (month) => [month, await recordOf(month)] as const)));
    const others = (await versions()).filter((name) => !name.startsWith(CROWD_PARTNER));
    expect(others).toHaveLength(12);

    const onlyTheirs = await countTitles("/only-theirs/");
    expect(onlyTheirs).toBeGreaterThan(10);

    const certificate = await eraseByCommand();
    expect(certificate).toMatchObject({ people: 50, found: 50, partner: CROWD_PARTNER, files_left: 0 });
    expect(certificate.tables.reduce((sum, table) => sum + table.before, 0)).toBe(crowd.rows);
    expect(certificate.tables.every(({ after }) => after === 0)).toBe(true);
    expect(certificate.log.events).toBe(20);
    expect(certificate.records).toEqual(MONTHS.map((month) => ({ partner: CROWD_PARTNER, month, version: 2 })));

    expect(await countTitles("/only-theirs/")).toBe(0);
    expect(await countTitles("/page/")).toBeGreaterThan(100);
    expect(certificate.titles).toBeGreaterThanOrEqual(onlyTheirs); // and pages that by chance nobody else had opened
    expect(findFilesWithAny(house.dataDir, crowd.pseudonyms)).toEqual([]);
    const hex = crowd.pseudonyms.map((bytes) => Buffer.from(bytes).toString("hex"));
    expect(findMarks(house.dataDir, hex)).toEqual([]);
    // The decision itself must stay: it is what keeps them out.
    expect(findMarks(house.dataDir, refs).filter((file) => !file.includes("journal"))).toEqual([]);

    for (const month of MONTHS) {
      const [old, now] = [before.get(month), await recordOf(month)];
      expect(now).toMatchObject({ version: 2, reason: "erasure" });
      const left = await countPlainly(month);
      expect(left.people).toBeGreaterThan(0);
      expect(now?.figures.active_people).toBe(left.people);
      expect(now?.how_counted.received).toBeLessThan(old?.how_counted.received ?? 0);
      expect(now?.figures.active_people).toBeLessThan(old?.figures.active_people ?? 0);
    }
    expect((await versions()).filter((name) => !name.startsWith(CROWD_PARTNER))).toEqual(others);
  });

  it("finds nobody and states nothing anew when it is given again", async () => {
    const certificate = await eraseByCommand();
    expect(certificate).toMatchObject({ people: 50, found: 0, records: [], files_left: 0 });
    expect(certificate.log.events).toBe(0);
    expect((await versions()).filter((name) => name.startsWith(CROWD_PARTNER))).toHaveLength(3);
  });
});

describe("findFilesWithAny()", () => {
  it.each([
    ["at the begin", 0],
    ["across the border of two pieces", 16_777_216 + 8],
    ["at the very end", 20_000_000 - 16],
  ])("finds a mark %s", (_, at) => {
    const bytes = Buffer.alloc(20_000_000, 1);
    const [mark, other] = [Buffer.from("0123456789abcdef"), Buffer.from("fedcba9876543210")];
    mark.copy(bytes, at);
    writeFileSync(join(folder, "marked"), bytes);
    expect(findFilesWithAny(folder, [other, mark])).toEqual([join(folder, "marked")]);
    expect(findFilesWithAny(folder, [other])).toEqual([]);
    expect(() => findFilesWithAny(folder, [])).toThrow("one length of at least 4 bytes");
    rmSync(join(folder, "marked"));
  });
});
