import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { reportBreach } from "../../api/breach/report-breach.ts";
import { type BreachView, parseSpan } from "../../api/breach/span.ts";
import { purge } from "../../api/clocks/purge.ts";
import { type CommandArguments, parseArguments } from "../../api/command.ts";
import { breachCommand } from "../../api/commands/breach.ts";
import { restrictPeople } from "../../api/rights/choices.ts";
import { erasePeople } from "../../api/rights/erase.ts";
import { openRightsHouse, type RightsHouse, type Use } from "../fixtures/rights-house.ts";

let house: RightsHouse;
const folders: string[] = [];

const WEBINAR = { id: "w-1", title: "On owls", kind: "webinar" };
/** What happened, as the model counts it: the rows that must be told are these. */
const USES: readonly Use[] = [
  ...["ada", "bea", "cy"].flatMap((sub): Use[] => [
    { sub, at: "2026-11-18T10:00:00Z", type: "page_view", dept: "Science" },
    { sub, at: "2026-11-19T10:00:00Z", type: "search", term: "owls" },
  ]),
  { sub: "ada", at: "2026-11-19T11:00:00Z", type: "leave", engagedMs: 5, scrollPct: 5, consents: true },
  { sub: "bea", at: "2026-11-19T11:00:00Z", type: "feedback", score: 4, comment: "good" },
  { sub: "ada", at: "2026-11-19T12:00:00Z", type: "attendance", event: WEBINAR, minutes: 30, dept: "Science" },
  { sub: "eve", at: "2026-11-19T12:00:00Z", type: "attendance", event: WEBINAR, minutes: 60 },
  { sub: "dee", partner: "brook", at: "2026-11-19T10:00:00Z" },
  { sub: "sue", acct: "subscriber", at: "2026-11-19T10:00:00Z" },
  { sub: "pat", acct: "public", at: "2026-11-19T10:00:00Z", consents: true },
];

beforeAll(async () => {
  house = await openRightsHouse({ ROEBUCK_ORGANISATION: "Roe Trust", ROEBUCK_PRIVACY_CONTACT: "dpo@roe.example" });
  await house.hurry();
  await house.send(...USES);
  await house.settle();
  await house.service.warehouse.insertRows("contacts", [
    { partner: "acme", email: "ada@acme.example", name: "Ada Officer", gone: 0, updated_at: "2026-11-01 00:00:00.000" },
    { partner: "acme", email: "old@acme.example", name: "", gone: 1, updated_at: "2026-11-01 00:00:00.000" },
  ]);
  await restrictPeople(
    house.service,
    { people: { acct: "partner", partner: "acme", subs: ["cy"] }, on: true },
    "wren",
    house.io,
  );
});
afterAll(async () => {
  await house[Symbol.asyncDispose]();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const report = (view: BreachView, from: string, until: string, partner?: string) =>
  reportBreach(
    house.service,
    { view, span: parseSpan(from, until, house.service.clock.nowMs()), ...(partner === undefined ? {} : { partner }) },
    "wren",
    house.io,
  );

const toArguments = (...words: string[]): CommandArguments => parseArguments(breachCommand, words);

describe("days that cannot be counted any more", () => {
  const gone = async (from: string, until: string) => (await report("exposed", from, until)).goneDays;

  it("are none on a new installation, however far back the incident began", async () => {
    expect(await gone("2025-01-01", "2026-11-19")).toBeUndefined();
  });

  it("are those that a purge has removed, from the first day of data on", async () => {
    // The clock's year has passed over the rows of this installation.
    const purger = await openRightsHouse();
    try {
      await purger.hurry();
      await purger.send({ sub: "ada", at: "2026-11-18T10:00:00Z", received: "2026-11-18T10:00:00Z" });
      await purger.settle();
      purger.at("2027-11-19T12:00:00Z");
      await purge(purger.service, { dryRun: false }, "roebuck");
      const span = parseSpan("2026-12-01", "2026-12-02", purger.clock.nowMs());
      const told = await reportBreach(purger.service, { view: "exposed", span }, "wren", purger.io);
      expect(told.goneDays).toEqual({ first: "2026-11-18", last: "2026-11-19" });
    } finally {
      await purger[Symbol.asyncDispose]();
    }
  });
});

describe("roebuck breach", () => {
  it("counts what lay there, by Partner and kind of data, exactly and with the restricted", async () => {
    const { impacts, unaffected } = await report("exposed", "2026-11-19", "2026-11-20");
    expect(unaffected).toEqual([]);
    const [acme, brook, own] = impacts;
    expect(impacts.map(({ partner }) => partner)).toEqual(["acme", "brook", ""]);
    expect(acme).toMatchObject({ peopleAtLeast: 4, peopleAtMost: 5, restricted: 1, hasInstruction: true });
    expect(acme?.officers).toEqual([{ partner: "acme", name: "Ada Officer", email: "ada@acme.example" }]);
    const [engagement, behaviour, feedback, attendance] = acme?.lines ?? [];
    expect(engagement).toMatchObject({
      rows: 6,
      people: 3,
      restricted: 1,
      days: { first: "2026-11-18", last: "2026-11-19", count: 2 },
      accounts: { partner: 6 },
    });
    expect(engagement?.parts).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: "pages", rows: 3, people: 3 }),
        expect.objectContaining({ id: "searches", rows: 3, people: 3 }),
        expect.objectContaining({ id: "departments", rows: 3, people: 3 }),
      ]),
    );
    expect(behaviour).toMatchObject({ table: "behaviour", rows: 1, people: 1 });
    expect(feedback).toMatchObject({ table: "feedback", rows: 1, people: 0, unlinked: 1 });
    expect(attendance).toMatchObject({ table: "attendance", rows: 2, people: 2, accounts: { partner: 2 } });
    expect(attendance?.parts).toEqual([
      expect.objectContaining({ id: "attended_events", rows: 2, people: 2 }),
      expect.objectContaining({ id: "attended_departments", rows: 1, people: 1 }),
    ]);
    expect(acme?.lines.at(-1)).toMatchObject({ table: "journal", people: 1, restricted: 1 });
    expect(brook).toMatchObject({ peopleAtLeast: 1, peopleAtMost: 1, hasInstruction: false, restricted: 0 });
    expect(own?.lines[0]).toMatchObject({ rows: 2, people: 2, accounts: { subscriber: 1, public: 1 } });
  });

  it("counts only what happened in the span if asked for what was collected", async () => {
    const { impacts } = await report("collected", "2026-11-18", "2026-11-18");
    expect(impacts.map(({ partner }) => partner)).toEqual(["acme"]);
    expect(impacts[0]?.lines[0]).toMatchObject({ rows: 3, people: 3, restricted: 1 });
  });

  it("leaves out what happened after the incident, whole", async () => {
    const { impacts } = await report("exposed", "2026-11-18T00:00Z", "2026-11-18T10:00Z");
    expect(impacts[0]).toMatchObject({ peopleAtLeast: 3, peopleAtMost: 3 });
  });

  it("counts rows under a legal hold and days of last visits, too", async () => {
    const { warehouse } = house.service;
    await warehouse.execute({
      sql: `INSERT INTO held SELECT 'engagement', partner, pseudonym, event_id, toDateTime64('2025-01-05 00:00:00', 3, 'UTC'), epoch, '{"acct":"partner"}'
            FROM engagement WHERE partner = 'brook'`,
    });
    await warehouse.execute({
      sql: "INSERT INTO people SELECT partner, pseudonym, epoch, toDate('2025-10-01') FROM engagement WHERE partner = 'brook'",
    });
    const { impacts } = await report("exposed", "2026-11-19", "2026-11-20", "brook");
    expect(impacts[0]?.lines.map(({ table, rows, people }) => [table, rows, people])).toEqual([
      ["engagement", 1, 1],
      ["held", 1, 1],
      ["people", 1, 1],
    ]);
    expect(impacts[0]).toMatchObject({ peopleAtMost: 1 });
  });

  it("writes a folder to send from, 0600, in which no pseudonym stands", async () => {
    const out = mkdtempSync(join(tmpdir(), "roebuck-breach-"));
    folders.push(out);
    const code = await breachCommand.run(
      house.service,
      toArguments("--from", "2026-11-18", "--until", "now", "--out", out),
      house.io,
    );
    expect(code).toBe(0);
    const names = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((name) => /\.\w+$/.test(name));
    expect(names.sort()).toEqual(
      [
        "counts.csv",
        "own-accounts/counts.csv",
        "own-accounts/notice.json",
        "own-accounts/notice.md",
        ...["acme", "brook"].flatMap((id) =>
          ["counts.csv", "notice.json", "notice.md"].map((f) => `partners/${id}/${f}`),
        ),
        "send-list.csv",
        "summary.json",
        "summary.txt",
      ].sort(),
    );
    const pseudonyms = ["ada", "bea", "cy"].flatMap((sub) => house.toPseudonyms(sub).map(({ pseudonym }) => pseudonym));
    for (const name of names) {
      const text = readFileSync(join(out, name), "utf8");
      expect(statSync(join(out, name)).mode & 0o777).toBe(0o600);
      for (const mark of [...pseudonyms, house.toRef("cy")]) expect(text).not.toContain(mark);
    }
    expect(readFileSync(join(out, "partners/acme/notice.md"), "utf8")).toContain("Name of acme");
    await expect(
      breachCommand.run(house.service, toArguments("--from", "2026-11-18", "--until", "now", "--out", out), house.io),
    ).rejects.toThrow(/must be empty/);
  });

  it.each(["json", "csv"])("prints %s", async (format) => {
    house.lines.length = 0;
    await breachCommand.run(
      house.service,
      toArguments("--from", "2026-11-18", "--until", "now", "--format", format),
      house.io,
    );
    expect(house.lines.join("")).toContain(format === "json" ? '"people_at_most": 5' : "acme,Name of acme,warehouse");
  });

  it("is noted in the audit trail and in runs, a refusal of times is not", async () => {
    const count = async () =>
      (await house.rows<{ c: string }>("SELECT count() AS c FROM audit WHERE action = 'breach.report'"))[0]?.c;
    const before = Number(await count());
    await report("collected", "2026-11-18", "2026-11-18", "acme");
    expect(Number(await count())).toBe(before + 1);
    expect(
      await house.rows(
        "SELECT actor, subject FROM audit WHERE action = 'breach.report' AND position(detail, 'collected') > 0 ORDER BY at DESC LIMIT 1",
      ),
    ).toEqual([{ actor: "wren", subject: "acme" }]);
    expect(await house.rows("SELECT DISTINCT outcome FROM runs WHERE kind = 'breach'")).toEqual([{ outcome: "done" }]);
  });

  it("refuses a Partner that is not on file, and notes that without the word that was typed", async () => {
    await expect(report("exposed", "2026-11-18", "now", "kestrelname")).rejects.toThrow(
      /Partner "kestrelname": no Partner of that id is on file/,
    );
    expect(await house.rows("SELECT actor, subject, detail FROM audit WHERE position(detail, 'refused') > 0")).toEqual([
      { actor: "wren", subject: "unknown", detail: '{"refused":"partner_unknown"}' },
    ]);
    expect(await house.rows("SELECT * FROM audit WHERE position(concat(subject, detail), 'kestrelname') > 0")).toEqual(
      [],
    );
  });

  it("tells of who was erased since, whom no count can show", async () => {
    await erasePeople(house.service, { people: { acct: "partner", partner: "acme", subs: ["bea"] } }, "wren", house.io);
    const { impacts } = await report("exposed", "2026-11-18", "now", "acme");
    expect(impacts[0]).toMatchObject({ erasedSince: 1, peopleAtLeast: 3 });
  });
});
