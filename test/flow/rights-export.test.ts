import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RightsAsked } from "../../api/rights/act.ts";
import { exportPerson, toExportCsv, toExportJson, toZonedTime } from "../../api/rights/export.ts";
import { COLUMN_TITLES, KIND_TITLES } from "../../api/rights/export-words.ts";
import { lookUpPeople, toLookupLines } from "../../api/rights/lookup.ts";
import { openRequest, readRequest } from "../../api/rights/requests.ts";
import { TABLES } from "../../schemas/columns.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

let house: RightsHouse;
beforeAll(async () => {
  house = await openRightsHouse();
  await house.service.decide([
    {
      kind: "consent",
      ref: house.toRef("kestrel"),
      ptn: "acme",
      purpose: "behaviour",
      granted: true,
      atMs: house.service.clock.nowMs(),
      wording: "2026-11",
      source: "api",
    },
  ]);
  house.at("2026-11-20T13:00:00Z");
  await house.send(
    { sub: "kestrel", dept: "Science", type: "search", term: "=HYPERLINK(1)" },
    { sub: "kestrel", at: "2026-11-20T11:00:00Z", path: "/a,b", resource: { id: "g-1", type: "guide", full: true } },
    { sub: "kestrel", consents: true, type: "leave", engagedMs: 1_234, scrollPct: 56 },
    { sub: "kestrel", consents: true, type: "feedback", score: 4, comment: 'He said "good"' },
    {
      sub: "kestrel",
      type: "attendance",
      event: { id: "w-1", title: "Safer recruitment", kind: "webinar" },
      minutes: 41,
      dept: "Science",
    },
    { sub: "robin", type: "search", term: "robins own" },
  );
  await house.settle();
  const [first] = house.toPseudonyms("kestrel");
  await house.service.warehouse.execute({
    sql: `INSERT INTO people SELECT partner, pseudonym, epoch, toDate('2026-11-01') FROM engagement WHERE lower(hex(pseudonym)) = {hex:String} LIMIT 1`,
    parameters: { hex: first?.pseudonym ?? "" },
  });
  await house.service.warehouse.execute({
    sql: `INSERT INTO held SELECT 'engagement', partner, pseudonym, event_id, at, epoch, 'the whole row' FROM engagement WHERE lower(hex(pseudonym)) = {hex:String} LIMIT 1`,
    parameters: { hex: first?.pseudonym ?? "" },
  });
});
afterAll(() => house[Symbol.asyncDispose]());

const asked = (...subs: string[]): RightsAsked => ({ people: { acct: "partner", partner: "acme", subs } });

/** What the tables hold of a person, read past the code that is tested. */
async function readStored(table: string, columns: readonly string[]): Promise<Record<string, unknown>[]> {
  const all = house.toPseudonyms("kestrel").map(({ pseudonym }) => `'${pseudonym}'`);
  const shown = columns.map((name) => {
    if (name === "pseudonym") return "lower(hex(source.pseudonym)) AS pseudonym";
    return name === "at" ? "toUnixTimestamp64Milli(source.at) AS at" : `source.${name} AS ${name}`;
  });
  return house.rows(`SELECT ${shown} FROM ${table} AS source WHERE lower(hex(source.pseudonym)) IN (${all})`);
}

describe("an access export", () => {
  it("is exactly what is in the tables, every row and value", async () => {
    const data = await exportPerson(house.service, asked("kestrel"), "wren", house.io);
    const json = JSON.parse(toExportJson(data));
    for (const table of ["engagement", "behaviour", "feedback", "attendance"] as const) {
      const stored = await readStored(
        table,
        TABLES[table].map(({ name }) => name),
      );
      const told = json[table].map((row: { at: string }) => ({ ...row, at: String(Date.parse(row.at)) }));
      const sorted = (rows: Record<string, unknown>[]) => rows.map((row) => JSON.stringify(row)).sort();
      expect(sorted(told)).toEqual(sorted(stored));
      expect(told.length).toBe(table === "engagement" ? 2 : 1);
    }
    expect(json.held).toMatchObject([{ source: "engagement", body: "the whole row" }]);
    expect(json.people).toMatchObject([{ last_day: "2026-11-01" }]);
    expect(json.choices.consents).toEqual([
      { purpose: "behaviour", granted: true, wording: "2026-11", source: "api", at: "2026-11-20T12:00:00.000+00:00" },
    ]);
    expect(Object.keys(json.information)).toEqual(
      expect.arrayContaining(["purposes", "lawful_basis", "recipients", "retention", "source", "your_rights"]),
    );
    expect(json.information.retention).toContain("365 days");
    expect(toExportJson(data)).not.toContain("robins own");
    expect(await readRequest(house.service, data.request.id)).toMatchObject({ state: "done", kind: "access" });
  });

  it("as CSV has every row in words, and no formula", async () => {
    const data = await exportPerson(house.service, asked("kestrel"), "wren", house.io);
    const rows: Record<string, string>[] = parse(toExportCsv(data), { bom: true, columns: true });
    const kinds = rows.map((row) => row[COLUMN_TITLES.kind ?? ""]);
    for (const [kind, count] of [
      ["engagement", 2],
      ["behaviour", 1],
      ["feedback", 1],
      ["attendance", 1],
      ["held", 1],
      ["people", 1],
    ] as const) {
      expect(kinds.filter((title) => title === KIND_TITLES[kind])).toHaveLength(count);
    }
    const search = rows.find((row) => row["What you did"] === "search");
    expect(search).toMatchObject({
      "Searched for": "'=HYPERLINK(1)",
      Department: "Science",
      When: "2026-11-20T13:00:00.000+00:00",
    });
    expect(rows.find((row) => row.Score === "4")).toMatchObject({ Comment: 'He said "good"' });
    expect(rows.find((row) => row["Kind of event"] === "webinar")).toMatchObject({
      "Kind of data": "Events you attended",
      Event: "w-1",
      Title: "Safer recruitment",
      "Minutes there": "41",
    });
    expect(rows.find((row) => row["Kind of data"] === "Your choices")?.Details).toContain(
      "consent to behaviour granted",
    );
  });

  it("is one person's only", async () => {
    await expect(exportPerson(house.service, asked("kestrel", "robin"), "wren", house.io)).rejects.toThrow("name one");
    const data = await exportPerson(house.service, asked("nobody at all"), "wren", house.io);
    expect(Object.values(data.tables).flat()).toEqual([]);
  });
});

it.each([
  ["2026-07-01T12:00:00.000Z", "Europe/London", "2026-07-01T13:00:00.000+01:00"],
  ["2026-01-01T12:00:00.000Z", "America/St_Johns", "2026-01-01T08:30:00.000-03:30"],
])("toZonedTime() tells %s in %s", (utc, zone, told) => {
  expect(toZonedTime(Date.parse(utc), zone)).toBe(told);
});

describe("a look-up", () => {
  it("says what is held, by table, and what was chosen", async () => {
    const { people, request } = await lookUpPeople(house.service, asked("kestrel", "nobody at all"), "wren", house.io);
    expect(people.map(toLookupLines)).toEqual([
      [
        "engagement: 2 rows, on 2026-11-20",
        "behaviour: 1 row, on 2026-11-20",
        "feedback: 1 row, on 2026-11-20",
        "attendance: 1 row, on 2026-11-20",
        "held: 1 row, on 2026-11-20",
        "people: 1 row, on 2026-11-01",
        "consent to behaviour granted 2026-11-20T12:00:00Z, wording 2026-11, by api",
      ],
      ["nothing is held"],
    ]);
    expect(await readRequest(house.service, request)).toMatchObject({ state: "done" });
    const [audit] = await house.rows<{ detail: string }>(
      `SELECT detail FROM audit WHERE action = 'subject.lookup' AND subject = '${request}'`,
    );
    expect(JSON.parse(audit?.detail ?? "")).toEqual({ people: 2, acct: "partner", partner: "acme" });
  });

  it("leaves a request open that it was given", async () => {
    const request = await openRequest(
      house.service,
      { kind: "erasure", acct: "partner", partner: "acme", verbal: false },
      "wren",
    );
    await lookUpPeople(house.service, { ...asked("kestrel"), request: request.id }, "wren", house.io);
    expect(await readRequest(house.service, request.id)).toMatchObject({ state: "open" });
    const other = { people: { acct: "subscriber", partner: "", subs: ["kestrel"] }, request: request.id } as const;
    await expect(lookUpPeople(house.service, other, "wren", house.io)).rejects.toMatchObject({
      code: "request_other_partner",
    });
  });
});
