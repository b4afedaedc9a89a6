import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tableFromIPC } from "apache-arrow";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VIEWS } from "../../schemas/views.ts";
import { listFiles } from "../fixtures/disk.ts";
import { Installation, newEventId, thisMonth } from "../fixtures/roebuck-process.ts";

const roebuck = new Installation({ ROEBUCK_PEOPLE_MIN: "1" });
const at = (name: string) => join(roebuck.folder, name);
const today = new Date().toISOString().slice(0, 10);
const TERMS = ["=1+1", "+44", "-1", "@x", "plain, with a comma", 'a "quote"', "＝1", "it's"];

/** The rows of a CSV export. */
function readRows(name: string): Record<string, string>[] {
  return parse(readFileSync(at(name)), { columns: true });
}

beforeAll(async () => {
  await roebuck.start();
  writeFileSync(at("partners.csv"), "id,name,zone\nacme,Acme,UTC\n");
  await roebuck.ask("partners", "import", "partners.csv");
  await roebuck.ask("instruction", "set", "acme", "--scope", "rights", "--reference", "letter 7");
  const lines = TERMS.map((query, index) =>
    JSON.stringify({
      id: newEventId(),
      sub: index === 0 ? "kestrel" : "robin",
      acct: "partner",
      ptn: "acme",
      type: "search",
      query,
      at: `${today}T00:00:00.000Z`,
      url: "https://www.example.org/a",
    }),
  );
  writeFileSync(at("events.ndjson"), lines.join("\n"));
  await roebuck.ask("import", "events", "events.ndjson");
  await roebuck.ask("close", thisMonth());
}, 120_000);
afterAll(() => roebuck[Symbol.asyncDispose]());

describe("roebuck export", { timeout: 240_000 }, () => {
  it.each(Object.entries(VIEWS))("writes %s as CSV with every column", async (view, { columns }) => {
    await roebuck.ask("export", view, "--month", thisMonth(), "--format", "csv", "-o", `${view}.csv`);
    const [header] = readFileSync(at(`${view}.csv`), "utf8").split("\n");
    expect(header).toBe(columns.map(({ name }) => `"${name}"`).join(","));
  });

  it("writes cells that no spreadsheet takes for formulas, and everything else as it is", () => {
    const terms = readRows("engagement_v1.csv").map(({ term = "" }) => term);
    expect(terms.toSorted()).toEqual(TERMS.map((term) => (/^[=+\-@＝]/.test(term) ? `'${term}` : term)).toSorted());
    expect(readRows("engagement_v1.csv")[0]?.at).toBe(`${today}T00:00:00.000Z`);
    expect(readRows("records_v1.csv").map(({ partner, month }) => [partner, month])).toEqual([["acme", thisMonth()]]);
  });

  it("writes Arrow with the texts as they are", async () => {
    await roebuck.ask("export", "engagement_v1", "--from", today, "--format", "arrow", "-o", "rows.arrow");
    const table = tableFromIPC(readFileSync(at("rows.arrow")));
    expect(table.schema.fields.map(({ name }) => name)).toEqual(VIEWS.engagement_v1.columns.map(({ name }) => name));
    expect([...(table.getChild("term") ?? [])].map(String).toSorted()).toEqual(TERMS.toSorted());
  });

  it("writes Parquet unless told otherwise, to standard output unless told otherwise", async () => {
    await roebuck.ask("export", "engagement_v1", "--from", today, "--until", today, "-o", "rows.parquet");
    const bytes = readFileSync(at("rows.parquet"));
    expect([bytes.subarray(0, 4).toString(), bytes.subarray(-4).toString()]).toEqual(["PAR1", "PAR1"]);
    expect(await roebuck.ask("export", "statistics_v1", "--from", today, "--format", "csv")).toMatch(/^"hour","site"/);
  });

  it("takes the days that were asked for and no others", async () => {
    const count = async (from: string, until: string) => {
      await roebuck.ask(
        "export",
        "engagement_v1",
        "--from",
        from,
        "--until",
        until,
        "--format",
        "csv",
        "-o",
        "days.csv",
      );
      return readRows("days.csv").length;
    };
    const shift = (days: number) => new Date(Date.parse(today) + days * 86_400_000).toISOString().slice(0, 10);
    expect(await count(shift(-3), shift(-1))).toBe(0);
    expect(await count(shift(-1), today)).toBe(TERMS.length);
    expect(await count(shift(1), shift(2))).toBe(0);
  });

  it("is noted with what, when and how, and the files with people's rows are on the list of exports", async () => {
    const trail = await roebuck.ask("audit", "--action", "export", "--format", "json");
    const details = (JSON.parse(trail) as { detail: object }[]).map(({ detail }) => detail); // what the command prints
    expect(details).toContainEqual({
      view: "engagement_v1",
      format: "csv",
      from: `${thisMonth()}-01`,
      until: expect.stringMatching(/^\d{4}-\d\d-(?:28|29|30|31)$/),
    });
    const listed = await roebuck.ask("exports", "list");
    for (const name of ["engagement_v1.csv", "attendance_v1.csv", "rows.arrow", "rows.parquet"]) {
      expect(listed).toContain(at(name));
    }
    for (const name of ["statistics_v1.csv", "records_v1.csv"]) expect(listed).not.toContain(at(name));
  });

  it("leaves nothing behind in the warehouse's folder", () => {
    expect(listFiles(join(roebuck.dataDir, "warehouse", "passing"))).toEqual([]);
    expect(readdirSync(roebuck.folder).filter((name) => name.endsWith(".roebuck"))).toEqual([]);
  });

  it("has nobody whose processing is restricted, and what had goes", async () => {
    writeFileSync(at("who.txt"), "kestrel\n");
    await roebuck.ask("subject", "restrict", "--partner", "acme", "--sub-file", "who.txt");
    expect(existsSync(at("engagement_v1.csv"))).toBe(false);
    await roebuck.ask("export", "engagement_v1", "--from", today, "--format", "csv", "-o", "less.csv");
    expect(readRows("less.csv").map(({ term }) => term)).not.toContain("'=1+1");
    expect(readRows("less.csv")).toHaveLength(TERMS.length - 1);
  });

  it.each([
    [["engagement", "--from", today], /"engagement": it must be one of engagement_v1/],
    [["engagement_v1"], /--month MONTH, or --from DAY/],
    [["engagement_v1", "--month", "2026-13"], /"2026-13": it must be a month/],
    [["engagement_v1", "--month", "2026-10", "--from", "2026-10-01"], /without --from/],
    [["engagement_v1", "--from", "2026-02-30"], /"2026-02-30": it must be a day/],
    [["engagement_v1", "--from", "2026-10-02", "--until", "2026-10-01"], /must not be before/],
    [["engagement_v1", "--from", today, "--format", "xlsx"], /one of arrow, parquet, csv/],
  ])("refuses %s", async (words, message) => {
    const { code, err } = await roebuck.run("export", ...words);
    expect([code, err]).toEqual([2, expect.stringMatching(message)]);
  });
});
