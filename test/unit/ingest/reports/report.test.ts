import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseReport } from "../../../../ingest/reports/report.ts";
import { attend, readReport, someContacts, toShort } from "../../../fixtures/reports.ts";

const WREN = "wren.kestrel@northgate.example.org";

describe("the attendance report of a Teams meeting", () => {
  const report = readReport("teams-meeting.csv");

  it("is read by the times that each person came, without the organiser", () => {
    expect(report.format).toBe("teams");
    expect(report.leftOut).toEqual({ hosts: 1, absent: 0, waiting: 0 });
    expect(report.presences.map(({ line, names }) => [line, names[0]])).toEqual([
      [21, "Wren Kestrel"],
      [22, "Wren Kestrel"],
      [23, "Wren Kestrel"],
      [24, "Dunlin, Jay"],
      [25, "Avery Plover"],
      [26, 'Casey "Ace" Teal'],
      [27, "Somebody Else"],
    ]);
  });

  it("comes to one attendance a person: overlaps once, an account's name beside an alias, seconds rounded down", () => {
    expect(toShort(attend(report))).toEqual([
      ["u-wren", "2026-09-22T09:01:10.000Z", 50],
      ["u-jay", "2026-09-22T09:05Z", 9],
      ["u-avery", "2026-09-22T09:00Z", 60],
    ]);
  });

  it("names its event by title and day, without the name of whoever was there", () => {
    const { attendances, namedTitles, unmatched } = attend(report);
    expect(attendances[0]?.attendance.event).toEqual({
      id: "teams-recognising-neglect-early-with-masked-2026-09-22",
      title: "Recognising neglect early, with [masked]",
      kind: "meeting",
    });
    expect(namedTitles).toBe(1);
    expect(unmatched.map(({ reason }) => reason)).toEqual(["no_address", "not_in_contacts"]);
  });

  it("is what the user says where the user says it", () => {
    const { attendances } = attend(report, { event: "w-7", title: "Neglect", kind: "course", zone: "UTC" });
    expect(attendances[0]?.attendance).toMatchObject({
      at: Date.UTC(2026, 8, 22, 10, 1, 10),
      event: { id: "w-7", title: "Neglect", kind: "course" },
    });
  });

  it("without its third section is read by the totals of the second", () => {
    const text = [
      "2. Participants",
      "Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tRole",
      `Wren Kestrel\t22/09/2026, 10:00:00\t22/09/2026, 11:00:00\t20m 30s\t${WREN}\tAttendee`,
    ].join("\r\n");
    const file = readReport(Buffer.from(text));
    expect(toShort(attend(file, { event: "w-7" }))).toEqual([["u-wren", "2026-09-22T09:00Z", 20]]);
  });

  it("of an organisation that shows no times asks for the day and the minutes", () => {
    const text = `1. Summary\nMeeting title\tNeglect\n2. Participants\nName\tEmail\tRole\nWren Kestrel\t${WREN}\tAttendee`;
    const file = readReport(Buffer.from(text));
    expect(() => attend(file)).toThrow(/line":5.*--date/);
    expect(() => attend(file, { date: "2026-09-22" })).toThrow(/--minutes/);
    expect(toShort(attend(file, { date: "2026-09-22", minutes: 45 }))).toEqual([["u-wren", "2026-09-22T11:00Z", 45]]);
  });

  it("in another language is refused with what to do", () => {
    const german =
      "1. Zusammenfassung\n2. Teilnehmer\nName\tErster Beitritt\tE-Mail\nWren\t22.09.2026, 10:00\tw@example.org\n";
    expect(parseReport(Buffer.from(german))).toEqual({
      problems: [{ line: 0, problem: expect.stringContaining("export it in English") }],
    });
  });

  it("does not take two people of one name and no address for one with an account", () => {
    const rows = ["Wren\t\twk@example.org\tAttendee", "Wren\t\t\tAttendee"];
    const text = ["2. Participants", "Name\tEmail\tParticipant ID (UPN)\tRole", ...rows].join("\n");
    expect(readReport(Buffer.from(text)).presences.flatMap(({ emails }) => emails)).toEqual([]);
  });
});

describe("the attendance report of a Teams webinar", () => {
  it("finds people by the address that they registered with, too", () => {
    const report = readReport("teams-webinar.csv");
    const find = someContacts(`${WREN},,u-wren,northgate,`, "jay.dunlin@eastmoor.example.org,,u-jay,eastmoor,");
    const outcome = attend(report, {}, find);
    expect(toShort(outcome)).toEqual([
      ["u-wren", "2026-10-22T13:02Z", 51],
      ["u-jay", "2026-10-22T13:00Z", 60],
    ]);
    expect(outcome.attendances[0]?.attendance.event).toEqual({
      id: "teams-kinship-care-the-legal-options-2026-10-22",
      title: "Kinship care: the legal options",
      kind: "webinar",
    });
  });
});

describe("the attendee report of a Zoom webinar", () => {
  const report = readReport("zoom-webinar.csv");

  it("has attendees and who telephoned; hosts, panelists and who did not come are left out", () => {
    expect(report).toMatchObject({ format: "zoom-webinar", leftOut: { hosts: 2, absent: 1, waiting: 0 } });
    const outcome = attend(report);
    expect(toShort(outcome)).toEqual([
      ["u-wren", "2026-10-08T09:02Z", 50],
      ["u-jay", "2026-10-08T09:00Z", 8],
    ]);
    expect(outcome.unmatched.map(({ presence, reason }) => [presence.line, reason])).toEqual([[20, "no_address"]]);
  });

  it("names its event by number and day, in groups that no mask takes for a telephone number", () => {
    expect(attend(report).attendances[0]?.attendance.event).toEqual({
      id: "zoom-847-5984-1045-2026-10-08",
      title: "Trauma, in a nutshell",
      kind: "webinar",
    });
  });
});

describe("the participants report of a Zoom meeting", () => {
  it("leaves time in the waiting room out, and masks the host's name in the topic", () => {
    const report = readReport("zoom-meeting.csv");
    expect(report).toMatchObject({ format: "zoom-meeting", leftOut: { waiting: 1 } });
    const outcome = attend(report);
    expect(toShort(outcome)).toEqual([
      ["u-wren", "2026-10-15T13:01Z", 45],
      ["u-jay", "2026-10-15T13:00Z", 30],
    ]);
    expect(outcome.attendances[0]?.attendance.event).toMatchObject({
      id: "zoom-817-9640-5615-2026-10-15",
      title: "[masked]'s Zoom Meeting",
    });
  });

  it("leaves out who held it: by a mark behind the name, or by the address in the head", () => {
    const head = (columns: string, cells: string) =>
      `Topic,ID,${columns},Start time,Duration (minutes)\nSupervision,812 3456 7890,${cells},10/16/2026 03:00:00 PM,60\n\n`;
    const rows = [
      "Name (original name),Email,Total duration (minutes),Guest",
      "Robin Sandpiper,Robin@host.example.org,60,No",
      "Sam Siskin (Co-host),sam@host.example.org,60,No",
      "Sam's telephone,sam@host.example.org,10,No",
      "Lee Linnet (Host),,60,No",
      `Wren Kestrel,${WREN},60,Yes`,
      "Jay Dunlin,jay.dunlin@eastmoor.example.org,60,Yes",
    ].join("\n");
    for (const line of [
      head("Host", "Robin Sandpiper (robin@host.example.org)"),
      head("Host Name,Host Email", "Robin Sandpiper,robin@host.example.org"),
      head("User Email", "robin@host.example.org"),
    ]) {
      const report = readReport(Buffer.from(line + rows));
      expect(report.leftOut).toEqual({ hosts: 3, absent: 0, waiting: 0 });
      expect(toShort(attend(report)).map(([user]) => user)).toEqual(["u-wren", "u-jay"]);
      expect(attend(report).unmatched).toEqual([]);
    }
  });

  it("with totals is read from the beginning of the meeting", () => {
    expect(toShort(attend(readReport("zoom-meeting-totals.csv")))).toEqual([
      ["u-wren", "2026-10-16T14:10:26.000Z", 76],
      ["u-jay", "2026-10-16T14:10:26.000Z", 64],
    ]);
  });

  it("of the older form, without a line on the meeting, asks for the event", () => {
    const heading = "Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest";
    const row = `Wren,${WREN},09/22/2026 10:00:00 AM,09/22/2026 10:30:00 AM,30,Yes`;
    const report = readReport(Buffer.from(`${heading}\n${row}\n`));
    expect(() => attend(report)).toThrow(/--event ID/);
    expect(toShort(attend(report, { event: "m-1" }))).toEqual([["u-wren", "2026-09-22T09:00Z", 30]]);
  });

  it("over many meetings takes each row's own", () => {
    const heading =
      "Topic,Type,ID,Start time,Duration (minutes),Name (original name),Email,Join time,Leave time,Duration (minutes),Guest";
    const row = (id: string, day: string, until: string) =>
      `Supervision,Meeting,${id},10/${day}/2026 10:00:00 AM,60,Wren,${WREN},10/${day}/2026 10:00:00 AM,10/${day}/2026 ${until} AM,1,Yes`;
    const text = [heading, row("812 3456 7890", "20", "10:20:00"), row("812 3456 7890", "27", "10:40:00")].join("\n");
    const { attendances } = attend(readReport(Buffer.from(text)));
    expect(attendances.map(({ attendance: { event, minutes } }) => [event.id, minutes])).toEqual([
      ["zoom-812-3456-7890-2026-10-20", 20],
      ["zoom-812-3456-7890-2026-10-27", 40],
    ]);
  });

  it("over many meetings leaves out each meeting's own host, who may attend another", () => {
    const heading =
      "Topic,Type,ID,Host name,Host email,Start time,Name (original name),Email,Join time,Leave time,Duration (minutes),Guest";
    const row = (host: string, day: string) =>
      `Supervision,Meeting,812 3456 7890,Somebody,${host},10/${day}/2026 10:00:00 AM,Wren,${WREN},10/${day}/2026 10:00:00 AM,10/${day}/2026 10:20:00 AM,20,Yes`;
    const report = readReport(Buffer.from([heading, row(WREN, "20"), row("robin@host.example.org", "27")].join("\n")));
    expect(report.leftOut.hosts).toBe(1);
    expect(attend(report).attendances.map(({ attendance }) => attendance.event.id)).toEqual([
      "zoom-812-3456-7890-2026-10-27",
    ]);
  });
});

describe("a plain list", () => {
  it("may have several events, with people by address", () => {
    const { attendances } = attend(readReport("list.csv"));
    expect(
      attendances.map(({ attendance: { user, event, minutes } }) => [user.sub, event.id, event.kind, minutes]),
    ).toEqual([
      ["u-wren", "c-1", "course", 180],
      ["u-jay", "c-1", "course", 170],
      ["u-wren", "c-2", "course", 55],
    ]);
  });

  it("may name users of the site, and then needs no contacts", () => {
    const text =
      "User,Acct,Partner,Department,Joined,Left\nu-1,,acme,Policy,2026-10-01 10:00,2026-10-01 11:00\nu-2,public,,,2026-10-01 10:00,2026-10-01 10:05\n";
    const { attendances } = attend(readReport(Buffer.from(text)), { event: "w", kind: "webinar" }, () => "several");
    expect(attendances.map(({ attendance: { user, minutes } }) => [user, minutes])).toEqual([
      [{ sub: "u-1", acct: "partner", ptn: "acme", dept: "Policy" }, 60],
      [{ sub: "u-2", acct: "public" }, 5],
    ]);
  });

  it.each<[string, string, RegExp]>([
    ["a time that is none", "u-1,acme,2026-10-01,soon,5", /line":2,"problem":"\\"soon\\" is not a time/],
    ["a length that is none", "u-1,acme,2026-10-01,,long", /\\"long\\" is not a length/],
    ["an end before its beginning", "u-1,acme,2026-10-01 10:00,2026-10-01 09:00,", /lies before the time of joining/],
    ["neither length nor end", "u-1,acme,2026-10-01,,", /--minutes N/],
    ["no date", "u-1,acme,,,5", /--date yyyy-mm-dd/],
    ["no Partner", "u-1,,2026-10-01,,5", /partner must be filled/],
  ])("with %s is refused, by line", (_, row, problem) => {
    const report = readReport(Buffer.from(`user,partner,joined,left,minutes\n${row}\n`));
    expect(() => attend(report, { event: "w", kind: "webinar" })).toThrow(problem);
  });
});

describe("the kind of an event in a plain list", () => {
  const list = (kind: string) =>
    readReport(Buffer.from(`user,partner,event,kind,joined,minutes\nu-1,acme,w,${kind},2026-10-01,5\n`));
  const toKinds = (kind: string, options = {}) =>
    attend(list(kind), options).attendances.map(({ attendance }) => attendance.event.kind);

  it("is one that is known, in small or large letters", () => {
    expect([toKinds("course"), toKinds("Webinar")]).toEqual([["course"], ["webinar"]]);
  });

  it("is refused by line if it is another, unless the user says which it is", () => {
    expect(() => attend(list("party"))).toThrow(
      /"line":2,"problem":"kind \\"party\\" is not known: it must be one of webinar, meeting, course"/,
    );
    expect(toKinds("party", { kind: "meeting" })).toEqual(["meeting"]);
  });
});

describe("parseReport()", () => {
  it("refuses what it does not know, and a format that the file does not have", () => {
    expect(parseReport(Buffer.from("colour,size\nred,5\n"))).toEqual({
      problems: [{ line: 0, problem: expect.stringMatching(/no attendance report of Teams or Zoom/) }],
    });
    expect(parseReport(Buffer.from("colour,size\nred,5\n"), "plain")).toEqual({
      problems: [{ line: 1, problem: expect.stringMatching(/unknown colour, size/) }],
    });
    for (const format of ["teams", "zoom-meeting", "zoom-webinar"])
      expect(parseReport(Buffer.from("email,minutes\na@example.org,5\n"), format)).toHaveProperty("problems");
  });

  it("quotes no address of a file whose heading is missing", () => {
    const outcome = parseReport(Buffer.from(`${WREN},5\n`), "plain");
    expect(outcome).toEqual({ problems: [{ line: 1, problem: expect.stringContaining("[masked]") }] });
    expect(JSON.stringify(outcome)).not.toContain("kestrel");
  });

  it("refuses a heading without anybody", () => {
    expect(parseReport(Buffer.from("email,minutes\n"))).toEqual({
      problems: [{ line: 0, problem: expect.stringContaining("nobody who attended") }],
    });
  });

  it("never throws, whatever is in the file", () => {
    const cell = fc.oneof(
      fc.string(),
      fc.constantFrom("2. Participants", "Attendee Details", "Name (original name)", "email"),
    );
    fc.assert(
      fc.property(fc.array(fc.array(cell)), fc.constantFrom("\t", ","), (rows, separator) => {
        parseReport(Buffer.from(rows.map((cells) => cells.join(separator)).join("\n")));
      }),
    );
  });
});
