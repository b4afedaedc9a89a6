import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importAttendanceCommand } from "../../api/commands/import-attendance.ts";
import { findFiles } from "../fixtures/disk.ts";
import { toReportFile } from "../fixtures/reports.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";
import { Installation } from "../fixtures/roebuck-process.ts";

const CONTACTS = toReportFile("contacts.csv");
/** Whoever stands in the reports, in the ways that they are written there. */
const MARKS = [
  "wren.kestrel",
  "Kestrel",
  "wk0417",
  "ap0099",
  "Dunlin",
  "jay.dunlin",
  "Plover",
  'Casey "Ace"',
  "Sandpiper",
  "Somebody",
  "northgate.example.org",
  "u-wren",
  "u-avery",
];

describe("roebuck import attendance", { timeout: 180_000 }, () => {
  const roebuck = new Installation({
    ROEBUCK_DEFAULT_ZONE: "Europe/London",
    ROEBUCK_LOG_LEVEL: "debug",
    ROEBUCK_PEOPLE_MIN: "1",
  });
  afterAll(() => roebuck[Symbol.asyncDispose]());
  const report = join(roebuck.folder, "report.csv");
  const month = new Date(Date.now() - 30 * 86_400_000).toISOString().slice(0, 7);
  beforeAll(async () => {
    // The fixture's day would be past its retention some day.
    const day = new Date(Date.now() - 30 * 86_400_000);
    const written = `${day.getUTCMonth() + 1}/${day.getUTCDate()}/${day.getUTCFullYear() % 100}`;
    const text = readFileSync(toReportFile("teams-meeting.csv"), "utf16le").replaceAll("9/22/26", written);
    writeFileSync(report, text, "utf16le");
    await roebuck.start();
    writeFileSync(join(roebuck.folder, "partners.csv"), "id,name\nnorthgate,Northgate\neastmoor,Eastmoor\n");
    await roebuck.ask("partners", "import", "partners.csv");
  }, 180_000);

  const given = ["import", "attendance", report, "--contacts", CONTACTS, "--dates", "mdy"];
  const ask = async (sql: string) => (await roebuck.ask("sql", sql, "--format", "TSV")).trim();

  it("says in a dry run what it would do, and does nothing", async () => {
    const told = await roebuck.ask(...given, "--dry-run");
    expect(told).toMatch(
      /^teams: 3 attendances of the event "teams-recognising-neglect-early-with-masked-.*, without 1 who ran it\./,
    );
    expect(told).toContain(
      "2 not matched: 1 without an e-mail address or a name that is in the contacts, 1 not in the contacts.",
    );
    expect(told).toContain("Nothing was imported");
    expect(await ask("SELECT count() FROM attendance")).toBe("0");
  });

  it("stores one attendance a person, and nothing more when it is given again", async () => {
    const { out, err } = await roebuck.run(...given);
    expect(out).toContain("3 new.");
    expect(err).toContain("it is masked");
    const sql = "SELECT partner, dept, title, kind, minutes FROM attendance_v1 ORDER BY minutes";
    const rows = [
      "eastmoor\t\tRecognising neglect early, with [masked]\tmeeting\t9",
      "northgate\tEarly help\tRecognising neglect early, with [masked]\tmeeting\t50",
      "northgate\tSafeguarding\tRecognising neglect early, with [masked]\tmeeting\t60",
    ];
    expect(await ask(sql)).toBe(rows.join("\n"));
    expect(await roebuck.ask(...given)).toContain("0 new, 3 in already.");
    expect(await ask("SELECT count() FROM attendance")).toBe("3");
  });

  it("is counted in the Partner's record of the month: the event, and who stayed long enough", async () => {
    await roebuck.ask("close", month);
    const record = JSON.parse(await roebuck.ask("record", month, "northgate", "--format", "json"));
    expect(record.events).toMatchObject([
      { title: "Recognising neglect early, with [masked]", kind: "meeting", attendees: 2 },
    ]);
    expect(record.figures).toMatchObject({ events_attended: 2, active_people: 2 });
  });

  it("goes on after it was cut off, and takes a later report with more minutes", async () => {
    const columns = "user,partner,joined,minutes\n";
    const line = (user: string, minutes: number) =>
      `${user},northgate,${new Date().toISOString().slice(0, 10)},${minutes}\n`;
    const list = join(roebuck.folder, "list.csv");
    const words = ["import", "attendance", list, "--event", "w-2", "--title", "Two", "--kind", "webinar"];
    writeFileSync(list, columns + line("u-1", 20));
    expect(await roebuck.ask(...words)).toContain("1 new.");
    writeFileSync(list, columns + line("u-1", 40) + line("u-2", 5));
    expect(await roebuck.ask(...words)).toContain("1 new, 1 with more minutes than before.");
    expect(
      await ask(
        "SELECT groupArray(minutes) FROM (SELECT minutes FROM attendance_v1 WHERE event = 'w-2' ORDER BY minutes)",
      ),
    ).toBe("[5,40]");
  });

  it("names who was not found on the terminal alone, and only if it is asked to", async () => {
    expect(await roebuck.ask(...given)).not.toContain("Somebody");
    const told = await roebuck.ask(...given, "--show-unmatched");
    expect(told).toContain("  line 27: Somebody Else, somebody@elsewhere.example.org");
    expect(told).toContain('  line 26: Casey "Ace" Teal');
  });

  it.each<[string, readonly string[], number, RegExp]>([
    ["no file", ["nowhere.csv"], 1, /Cannot read.*ENOENT/],
    ["no contacts", [report, "--dates", "mdy"], 2, /--contacts FILE is required/],
    ["another format", [report, "--contacts", CONTACTS, "--format", "zoom-webinar"], 1, /section "Attendee Details"/],
    ["an unknown format", [report, "--format", "webex"], 2, /--format "webex" is not known/],
    ["an unknown zone", [report, "--contacts", CONTACTS, "--zone", "Mars"], 2, /--zone "Mars"/],
    [
      "a day that is none",
      [report, "--contacts", CONTACTS, "--date", "2026-02-30"],
      2,
      /--date "2026-02-30" is no day/,
    ],
    ["minutes that are none", [report, "--contacts", CONTACTS, "--minutes", "x"], 2, /--minutes "x"/],
    ["another site", [report, "--contacts", CONTACTS, "--dates", "mdy", "--site", "x"], 2, /--site "x"/],
    ["contacts that are none", [report, "--contacts", report], 1, /heading must have user/],
  ])("refuses %s and tells what to do", async (_, words, code, message) => {
    const answer = await roebuck.run("import", "attendance", ...words);
    expect([answer.code, answer.err]).toEqual([code, expect.stringMatching(message)]);
  });

  it("tells one stay in the waiting room as one", async () => {
    const words = [toReportFile("zoom-meeting.csv"), "--contacts", CONTACTS, "--dry-run"];
    expect(await roebuck.ask("import", "attendance", ...words)).toContain("without 1 stay in the waiting room.");
  });

  it("refuses a file with a bad line, by line, or of a Partner that is not on file, and imports nothing of it", async () => {
    const before = await ask("SELECT count() FROM attendance");
    const list = join(roebuck.folder, "bad.csv");
    writeFileSync(list, "user,partner,joined,minutes\nu-1,northgate,2026-10-01,5\nu-2,northgate,soon,5\n");
    const bad = await roebuck.run("import", "attendance", list, "--event", "w", "--kind", "webinar");
    expect([bad.code, bad.err]).toEqual([1, expect.stringMatching(/line 3: "soon" is not a time/)]);
    writeFileSync(list, "user,partner,joined,minutes\nu-1,nobody,2026-10-01,5\n");
    const unknown = await roebuck.run("import", "attendance", list, "--event", "w", "--kind", "webinar");
    expect([unknown.code, unknown.err]).toEqual([1, expect.stringMatching(/line 2: Partner "nobody" is not on file/)]);
    expect(await ask("SELECT count() FROM attendance")).toBe(before);
  });

  it("notes that it was given, and never for whom", async () => {
    const audit = await ask("SELECT DISTINCT action, subject FROM audit WHERE action = 'import.attendance'");
    expect(audit).toBe("import.attendance");
  });

  it("left no name, address or user id of the files in any log line or file", async () => {
    for (const table of ["attendance", "drops", "resources", "audit", "runs"]) {
      const text = await roebuck.ask("sql", `SELECT * FROM ${table}`, "--format", "JSONEachRow");
      for (const mark of MARKS) expect(text, `${mark} in ${table}`).not.toContain(mark);
    }
    await roebuck.end();
    for (const mark of MARKS) {
      expect(roebuck.logged, `${mark} in the log`).not.toContain(mark);
      expect(findFiles(roebuck.dataDir, mark), mark).toEqual([]);
    }
  });

  it("works without a running service, too", async () => {
    expect(await roebuck.ask(...given)).toContain("0 new, 3 in already.");
  });
});

describe("an attendance that is imported", { timeout: 180_000 }, () => {
  let house: RightsHouse;
  beforeAll(async () => {
    house = await openRightsHouse();
  }, 180_000);
  afterAll(async () => house[Symbol.asyncDispose]());

  const give = async (lines: readonly string[], ...switches: readonly string[]) => {
    const file = join(house.dataDir, "..", "list.csv");
    writeFileSync(file, ["user,partner,acct,joined,minutes", ...lines].join("\n"));
    house.lines.length = 0;
    const flags = { event: "w-1", title: "Neglect", kind: "webinar", zone: "UTC" };
    await importAttendanceCommand.run(
      house.service,
      { operands: { FILE: file }, flags, switches: new Set(switches) },
      house.io,
    );
    return house.lines.join("\n");
  };

  it("tells in a dry run what will not be stored for its date, and why", async () => {
    const told = await give(
      ["kestrel,acme,,2025-11-02,45", "teal,acme,,2031-01-02,45", "plover,acme,,2026-11-02,45"],
      "dry-run",
    );
    expect(told).toContain("plain: 3 attendances of the event");
    expect(told).toContain("1 attendance will not be stored or counted: the date lies in the future (in_future).");
    expect(told).toMatch(
      /1 attendance will not be stored or counted: the date lies beyond the \d+ days that are kept \(expired\)/,
    );
    expect(await house.rows("SELECT event FROM attendance")).toEqual([]);
  });

  it("goes the way of every event: whoever has restricted, left or not agreed is dropped and told by reason", async () => {
    const nowMs = house.clock.nowMs();
    const ref = house.toRef("plover");
    await house.service.decide([{ kind: "restriction", atMs: nowMs, ref, ptn: "acme", on: true }]);
    const told = await give([
      "kestrel,acme,,2026-11-02,45",
      "plover,acme,,2026-11-02,45",
      "teal,,public,2026-11-02,45",
      "dunlin,acme,,2025-11-02,45",
    ]);
    expect(told).toContain("1 new.");
    expect(told).toMatch(/Not stored, and counted as such: .*1 Processing restricted \(restricted\)/);
    expect(told).toContain("(no_consent)");
    expect(told).toContain("(expired)");
    expect(await house.rows("SELECT event, minutes FROM attendance")).toEqual([{ event: "w-1", minutes: 45 }]);
  });
});
