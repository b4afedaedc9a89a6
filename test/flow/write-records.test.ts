import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROEBUCK_STYLE } from "../../api/house-style.ts";
import { type RecordsOrder, writeRecords } from "../../api/records/write-records.ts";
import { toJson } from "../../reporting/json.ts";
import { parseRecord, type StoredRow } from "../../reporting/records.ts";
import type { Statement, Warehouse } from "../../schemas/ports.ts";
import type { RecordOfEngagement } from "../../schemas/record.ts";
import { aRecord, OCTOBER, someFigures } from "../fixtures/a-record.ts";
import { aPng } from "../fixtures/logos.ts";
import { toStoredRows } from "../fixtures/stored-rows.ts";

type Row = StoredRow & { readonly partner: string };

/** A warehouse that has stored rows of records and nothing else. */
function aStore(rows: readonly Row[]): Warehouse {
  const answer = ({ sql, parameters = {} }: Statement) => {
    if (!sql.includes("Array(String)")) {
      const closed = rows.filter(({ month }) => month === parameters.month);
      return closed.map(({ partner, month, version, reason, closed_ms }) => ({
        partner,
        month,
        version,
        reason,
        closed_ms,
      }));
    }
    const partners = parameters.partners;
    return rows.filter(({ partner }) => Array.isArray(partners) && partners.includes(partner));
  };
  // only reading is asked of it
  return { rows: async (statement: Statement) => answer(statement) } as unknown as Warehouse;
}

function aRecordOf(id: string, parts: Partial<RecordOfEngagement> = {}): RecordOfEngagement {
  const record = aRecord(parts);
  return { ...record, partner: { ...record.partner, id, name: `Partner ${id}` } };
}

const PARTNERS = ["ash", "beech", "cedar"] as const;
const STORED = PARTNERS.flatMap((id) => toStoredRows(aRecordOf(id)));
const TOLD: string[] = [];

async function run(
  folder: string,
  rows: readonly Row[] = STORED,
  order: Partial<RecordsOrder> = {},
  stopAfter = Infinity,
) {
  const stop = new AbortController();
  TOLD.length = 0;
  const progress = (label: string, done: number, total: number) => {
    TOLD.push(`${label} ${done} of ${total}`);
    if (done >= stopAfter) stop.abort();
  };
  const given = { month: OCTOBER, formats: ["json"] as const, folder, threads: 1, ...order };
  return writeRecords(aStore(rows), given, { progress, signal: stop.signal });
}

/** Every file of a folder with its bytes, hidden ones too. */
function readFolder(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ name, parentPath }) => {
      const file = join(parentPath, name);
      return [relative(folder, file), readFileSync(file).toString("base64")];
    }),
  );
}

let root = "";
const fresh = () => mkdtempSync(join(root, "out-"));
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "roebuck-records-test-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe("writeRecords()", () => {
  it("writes each Partner's record, the same as one alone, in files that only the owner reads", async () => {
    const folder = fresh();
    expect(await run(folder, STORED, { formats: ["pdf", "json"], threads: 2 })).toEqual({
      written: 6,
      unchanged: 0,
      failures: [],
      isStopped: false,
    });
    const record = parseRecord(
      STORED.filter(({ partner }) => partner === "beech"),
      OCTOBER,
    );
    expect(readFileSync(join(folder, "beech-2026-10.json"), "utf8")).toBe(record && toJson(record));
    for (const id of PARTNERS) {
      const file = join(folder, `${id}-2026-10.pdf`);
      expect(readFileSync(file).subarray(0, 5).toString()).toBe("%PDF-");
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    expect(TOLD.at(-1)).toBe("records 6 of 6");
  });

  it("gives the same bytes in another folder, on another number of threads", async () => {
    const [one, other] = [fresh(), fresh()];
    await run(one, STORED, { formats: ["pdf", "html", "json", "csv"], threads: 1 });
    await run(
      other,
      STORED.toReversed().toSorted((a, b) => (a.month < b.month ? -1 : 1)),
      {
        formats: ["pdf", "html", "json", "csv"],
        threads: 3,
      },
    );
    expect(readFolder(other)).toEqual(readFolder(one));
    expect(Object.keys(readFolder(one))).toEqual(
      expect.arrayContaining(["ash-2026-10.html", "ash-2026-10/totals.csv"]),
    );
  });

  it("leaves alone what is there and unchanged, and draws again what was changed, damaged or removed", async () => {
    const folder = fresh();
    await run(folder);
    const before = readFolder(folder);
    const old = new Date("2020-01-01T00:00:00Z");
    for (const id of PARTNERS) utimesSync(join(folder, `${id}-2026-10.json`), old, old);
    expect(await run(folder)).toMatchObject({ written: 0, unchanged: 3 });
    writeFileSync(join(folder, "ash-2026-10.json"), "torn");
    rmSync(join(folder, "beech-2026-10.json"));
    expect(await run(folder)).toMatchObject({ written: 2, unchanged: 1 });
    expect(statSync(join(folder, "cedar-2026-10.json")).mtime).toEqual(old);
    expect(readFolder(folder)).toEqual(before);
    const later = toStoredRows(aRecordOf("cedar", { version: 2, reason: "late data", figures: someFigures(1.01) }));
    expect(await run(folder, [...STORED.filter(({ partner }) => partner !== "cedar"), ...later])).toMatchObject({
      written: 1,
      unchanged: 2,
    });
    expect(readFileSync(join(folder, "cedar-2026-10.json"), "utf8")).toContain('"reason": "late data"');
  });

  it("goes on where it was stopped, and ends with the same folder as a run that never was", async () => {
    const [stopped, whole] = [fresh(), fresh()];
    expect(await run(stopped, STORED, {}, 1)).toMatchObject({ written: 1, isStopped: true });
    expect(await run(stopped)).toMatchObject({ written: 2, unchanged: 1, isStopped: false });
    await run(whole);
    expect(readFolder(stopped)).toEqual(readFolder(whole));
  });

  it("removes what a killed run left half written, and nothing else", async () => {
    const folder = fresh();
    const gone = 2 ** 22 + 1; // no process of Linux has such a number
    writeFileSync(join(folder, `.ash-2026-10.json.${gone}.0123abcd.part`), "{");
    writeFileSync(join(folder, `.ash-2026-10.json.${process.ppid}.0123abcd.part`), "of another process");
    writeFileSync(join(folder, "notes.part"), "mine");
    await run(folder);
    expect(
      readdirSync(folder)
        .filter((name) => name.endsWith(".part"))
        .sort(),
    ).toEqual([`.ash-2026-10.json.${process.ppid}.0123abcd.part`, "notes.part"]);
  });

  it("takes a list that was cut off for what is whole of it", async () => {
    const folder = fresh();
    await run(folder);
    const list = join(folder, "records-2026-10.jsonl");
    writeFileSync(list, readFileSync(list, "utf8").slice(0, -40));
    expect(await run(folder)).toMatchObject({ written: 1, unchanged: 2 });
  });

  it.each([
    ["its stored figures are damaged", (row: Row) => ({ ...row, body: row.body.slice(0, 90) }), /JSON|frozen/],
    [
      "they are another's",
      (row: Row) => ({ ...row, body: row.body.replaceAll('"beech"', '"oak"') }),
      /belongs to "oak"/,
    ],
    [
      "its zone does not exist",
      (row: Row) => ({ ...row, body: row.body.replace("Europe/London", "Nowhere/Land") }),
      /Nowhere/,
    ],
  ])("tells of one Partner if %s, and writes the others", async (_, damage, problem) => {
    const folder = fresh();
    const rows = STORED.map((row) => (row.partner === "beech" ? damage(row) : row));
    const outcome = await run(folder, rows, { formats: ["pdf"] });
    expect(outcome).toMatchObject({ written: 2, isStopped: false });
    expect(outcome.failures).toEqual([{ partner: "beech", format: "pdf", problem: expect.stringMatching(problem) }]);
    expect(readdirSync(folder).sort()).toEqual(["ash-2026-10.pdf", "cedar-2026-10.pdf", "records-2026-10.jsonl"]);
  });

  it("tells of a Partner that has no record of the month", async () => {
    const outcome = await run(fresh(), STORED, { partners: ["ash", "nobody"] });
    expect(outcome).toMatchObject({
      written: 1,
      failures: [{ partner: "nobody", problem: "2026-10 is not closed for it" }],
    });
  });

  it("tells of what cannot be put in place, because a folder stands there, and writes the others", async () => {
    const folder = fresh();
    await run(folder, STORED, { formats: ["html"], partners: ["ash"] });
    rmSync(join(folder, "ash-2026-10.html"));
    mkdirSync(join(folder, "ash-2026-10.html"));
    const outcome = await run(folder, STORED, { formats: ["html"] });
    expect(outcome).toMatchObject({ written: 2, failures: [{ partner: "ash" }] });
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });

  it("draws again when the style changes, and tells of a Partner whose logo cannot be used", async () => {
    const [folder, logoDir] = [fresh(), fresh()];
    await run(folder, STORED, { formats: ["html"] });
    writeFileSync(join(logoDir, "ash.png"), aPng());
    writeFileSync(join(logoDir, "beech.png"), "no picture");
    const style = { ...ROEBUCK_STYLE, logoDir };
    const outcome = await run(folder, STORED, { formats: ["html"], style });
    expect(outcome).toMatchObject({ written: 1, unchanged: 1, failures: [{ partner: "beech" }] });
    expect(outcome.failures[0]?.problem).toMatch(/beech\.png": it is neither PNG, JPEG nor SVG/);
    expect(readFileSync(join(folder, "ash-2026-10.html"), "utf8")).toContain('alt="Logo of Partner ash"');
  });

  it("refuses a folder that cannot be one, and a second run in the same", async () => {
    const folder = fresh();
    writeFileSync(join(folder, "file"), "");
    await expect(run(join(folder, "file"))).rejects.toThrow(/Cannot write records to ".*file": E/);
    const first = run(folder);
    await expect(
      writeRecords(
        aStore(STORED),
        { month: OCTOBER, formats: ["json"], folder },
        { progress: () => undefined, signal: new AbortController().signal },
      ),
    ).rejects.toThrow("another run is at work in it");
    expect(await first).toMatchObject({ written: 3 });
  });
});
