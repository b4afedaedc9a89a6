import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportPartner } from "../../api/clocks/partner-export.ts";
import type { RightsAsked } from "../../api/rights/act.ts";
import { objectForPeople, restrictPeople } from "../../api/rights/choices.ts";
import { erasePeople } from "../../api/rights/erase.ts";
import { exportPerson } from "../../api/rights/export.ts";
import { readRequest } from "../../api/rights/requests.ts";
import { closeMonth } from "../../reporting/close.ts";
import { readRecord } from "../../reporting/records.ts";
import { type Month, parseMonth } from "../../schemas/ids.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

const NOVEMBER = parseMonth("2026-11") as Month; // a month
let house: RightsHouse;
let folder: string;
/** What the record said before anything was restricted. */
let figures: object;

const asked = (...subs: string[]): RightsAsked => ({ people: { acct: "partner", partner: "acme", subs } });
const record = () => readRecord(house.service.warehouse, NOVEMBER, "acme");
const restrict = (on: boolean, ...subs: string[]) =>
  restrictPeople(house.service, { ...asked(...subs), on }, "wren", house.io);
const pseudonymsOf = (sub: string) => house.toPseudonyms(sub).map(({ pseudonym }) => pseudonym);

beforeAll(async () => {
  house = await openRightsHouse();
  folder = mkdtempSync(join(tmpdir(), "roebuck-restrict-"));
  await house.hurry();
  for (const sub of ["kestrel", "robin"]) {
    const common = { sub, at: "2026-11-18T10:00:00Z", consents: true };
    const resource = { id: `only-${sub}`, type: "guide", full: true };
    await house.send(
      { ...common, resource, path: `/only/${sub}` },
      { ...common, type: "search", term: `term of ${sub}` },
      { ...common, type: "leave", engagedMs: 1_000 },
      { ...common, type: "feedback", score: 4, comment: `comment of ${sub}` },
      { ...common, type: "attendance", event: { id: "w-1", title: "", kind: "webinar" }, minutes: 40 },
    );
  }
  await house.settle();
  await closeMonth(house.service, NOVEMBER);
  // In October too, but that month is closed later.
  const october = { at: "2026-10-18T10:00:00Z", received: "2026-10-18T10:00:00Z", type: "search", term: "x" } as const;
  await house.send({ sub: "kestrel", ...october }, { sub: "robin", ...october });
  await house.settle();
  figures = (await record())?.figures ?? {};
});
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Rows of each analysts' view, and files of the Partner's export, that name somebody by a pseudonym. */
async function findShown(sub: string): Promise<readonly string[]> {
  const theirs = pseudonymsOf(sub);
  const shown: string[] = [];
  for (const view of ["engagement_v1", "behaviour_v1", "attendance_v1"]) {
    const rows = await house.rows<{ pseudonym: string }>(`SELECT pseudonym FROM ${view}`);
    if (rows.some(({ pseudonym }) => theirs.includes(pseudonym as never))) shown.push(view);
  }
  const into = join(folder, `${sub}-${readdirSync(folder).length}`);
  await exportPartner(house.service, { partner: "acme", folder: into }, "wren");
  for (const file of readdirSync(into).filter((name) => name.endsWith(".csv"))) {
    const text = readFileSync(join(into, file), "utf8");
    if (theirs.some((pseudonym) => text.includes(pseudonym)) || text.includes(`comment of ${sub}`)) shown.push(file);
  }
  return shown;
}

const EVERYWHERE = [
  "engagement_v1",
  "behaviour_v1",
  "attendance_v1",
  "attendance.csv",
  "behaviour.csv",
  "engagement.csv",
  "feedback.csv",
];

describe("whoever has processing restricted", () => {
  it("is seen in views, exports and figures before", async () => {
    expect(await findShown("kestrel")).toEqual(EVERYWHERE);
    expect((await record())?.figures.active_people).toBe(2);
  });

  it("is in no figure of a closed record, no view and no export of the Partner; the record says why it is another", async () => {
    house.at("2026-11-20T12:10:00Z");
    const report = await restrict(true, "kestrel");
    expect(report.records).toEqual([{ partner: "acme", month: "2026-11", version: 2 }]);
    expect(await record()).toMatchObject({ version: 2, reason: "restriction", figures: { active_people: 1 } });
    expect(JSON.stringify(await record())).not.toContain("only-kestrel");
    expect(await findShown("kestrel")).toEqual([]);
    expect(await findShown("robin")).toEqual(EVERYWHERE);
    expect(await readRequest(house.service, report.request)).toMatchObject({ kind: "restriction", state: "done" });
  });

  it("is kept: every row is in the tables, and in the person's own export", async () => {
    const { tables } = await exportPerson(house.service, asked("kestrel"), "wren", house.io);
    expect(
      [tables.engagement, tables.behaviour, tables.feedback, tables.attendance].map((rows) => rows.length),
    ).toEqual([3, 1, 1, 1]);
  });

  it("is measured no more: nothing new is kept, of no purpose", async () => {
    house.at("2026-11-20T12:20:00Z");
    const webinar = { event: { id: "w-2", title: "", kind: "webinar" }, minutes: 40 };
    await house.send(
      { sub: "kestrel", consents: true },
      { sub: "kestrel", consents: true, type: "leave" },
      { sub: "kestrel", consents: true, type: "feedback", score: 1 },
      { sub: "kestrel", type: "attendance", ...webinar },
    );
    await house.settle();
    const [dropped] = await house.rows<{ c: string }>(
      "SELECT toString(count()) AS c FROM drops WHERE reason = 'restricted'",
    );
    expect(dropped?.c).toBe("4");
    const { tables } = await exportPerson(house.service, asked("kestrel"), "wren", house.io);
    expect(Object.values(tables).flat()).toHaveLength(6);
  });

  it("stays out of a month that is closed again, and of one that is closed for the first time", async () => {
    await closeMonth(house.service, NOVEMBER);
    expect((await record())?.figures.active_people).toBe(1);
    const october = parseMonth("2026-10") as Month; // a month
    await closeMonth(house.service, october);
    expect(await readRecord(house.service.warehouse, october, "acme")).toMatchObject({
      version: 1,
      figures: { active_people: 1 },
    });
    expect(await findShown("kestrel")).toEqual([]);
  });

  it("comes back whole when the restriction is lifted", async () => {
    house.at("2026-11-20T12:30:00Z");
    const before = (await record())?.version ?? 0;
    const report = await restrict(false, "kestrel");
    expect(report.records).toContainEqual({ partner: "acme", month: "2026-11", version: before + 1 });
    const after = await record();
    expect(after).toMatchObject({ version: before + 1, reason: "end of a restriction" });
    expect(after?.figures).toEqual(figures);
    expect(await findShown("kestrel")).toEqual(EVERYWHERE);
    await house.send({ sub: "kestrel", path: "/back" });
    await house.settle();
    const back = await house.rows("SELECT path FROM engagement WHERE path = '/back'");
    expect(back).toHaveLength(1);
  });

  it("can be erased all the same, and is then in the table of the restricted no more", async () => {
    await restrict(true, "kestrel");
    const pseudonyms = () => house.rows<{ c: string }>("SELECT toString(count()) AS c FROM restricted FINAL");
    expect(Number((await pseudonyms())[0]?.c)).toBeGreaterThan(0);
    house.at("2026-11-20T12:40:00Z");
    const certificate = await erasePeople(house.service, asked("kestrel"), "wren", house.io);
    expect(certificate.tables.every(({ after }) => after === 0)).toBe(true);
    expect(await pseudonyms()).toEqual([{ c: "0" }]);
  });
});

describe("whoever objects to a purpose", () => {
  it("keeps what is stored, is measured no more for that purpose alone, and may take it back", async () => {
    const count = async () =>
      (
        await house.rows<{ e: string; b: string; a: string }>(
          `SELECT (SELECT toString(count()) FROM engagement WHERE partner = 'brook' OR acct = 'subscriber') AS e,
                (SELECT toString(count()) FROM behaviour WHERE acct = 'subscriber') AS b,
                (SELECT toString(count()) FROM attendance WHERE acct = 'subscriber') AS a`,
        )
      )[0];
    const people = { acct: "subscriber", partner: "", subs: ["heron"] } as const;
    const use = async () => {
      await house.send(
        { sub: "heron", acct: "subscriber", consents: true },
        { sub: "heron", acct: "subscriber", consents: true, type: "leave" },
        {
          sub: "heron",
          acct: "subscriber",
          type: "attendance",
          event: { id: "w", title: "", kind: "course" },
          minutes: 20,
        },
      );
      await house.settle();
    };
    await use();
    expect(await count()).toEqual({ e: "1", b: "1", a: "1" });
    house.at("2026-11-20T13:00:00Z");
    const report = await objectForPeople(house.service, { people, purpose: "engagement", on: true }, "wren");
    expect(report).toMatchObject({ purpose: "engagement", on: true, people: 1 });
    expect(await readRequest(house.service, report.request)).toMatchObject({ kind: "objection", state: "done" });
    await use();
    // Events attended are engagement, too.
    expect(await count()).toEqual({ e: "1", b: "2", a: "1" });
    house.at("2026-11-20T13:10:00Z");
    await objectForPeople(house.service, { people, purpose: "engagement", on: false }, "wren");
    await use();
    expect(await count()).toEqual({ e: "2", b: "3", a: "2" });
  });
});
