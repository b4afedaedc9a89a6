import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import type { Impact } from "../../../../api/breach/impact.ts";
import { toNotice } from "../../../../api/breach/notice.ts";
import { type BreachReport, TO_FILL_IN, toPeopleWords } from "../../../../api/breach/report.ts";
import { toBreachJson, toCountsCsv, toSendListCsv, toSummaryLines } from "../../../../api/breach/report-tables.ts";
import { toNoticeFiles, toNoticeFolder } from "../../../../api/breach/write-notices.ts";
import { toEpochMs } from "../../../../schemas/ids.ts";

function anImpact(change: Partial<Impact> = {}): Impact {
  return {
    partner: "acme",
    name: "=Acme <b>|",
    officers: [{ name: "Ada", email: "ada@acme.example" }],
    peopleAtLeast: 3,
    peopleAtMost: 4,
    restricted: 1,
    lines: [
      {
        store: "warehouse",
        table: "engagement",
        title: "Use of the website",
        purpose: "engagement",
        prose: "pages",
        accounts: { partner: 1_234 },
        rows: 1_234,
        people: 3,
        restricted: 1,
        unlinked: 0,
        days: { first: "2026-11-01", last: "2026-11-02", count: 2 },
        parts: [{ id: "pages", title: "pages viewed", rows: 1_200, people: 2 }],
      },
    ],
    erasedSince: 2,
    hasInstruction: false,
    hasLeft: false,
    ...change,
  };
}

function aReport(change: Partial<BreachReport> = {}): BreachReport {
  return {
    schema: "roebuck.breach/1",
    view: "exposed",
    span: {
      fromMs: toEpochMs(Date.parse("2026-11-01T00:00:00Z")),
      untilMs: toEpochMs(Date.parse("2026-11-02T00:00:00Z")),
    },
    madeMs: toEpochMs(Date.parse("2026-11-20T12:00:00Z")),
    organisation: "Roe Trust",
    contact: "Dr Fallow, dpo@roe.example",
    keyPlace: "folder",
    goneDays: { first: "2025-11-02", last: "2025-11-20" },
    waiting: 0,
    impacts: [anImpact()],
    unaffected: ["brook"],
    ...change,
  };
}

describe("a notice", () => {
  it("tells a Partner what GDPR Art. 33(3) asks for, small numbers included", () => {
    const text = toNotice(aReport(), anImpact());
    for (const told of [
      "at least 3 and at most 4 people",
      "1,234",
      "2026-11-01 to 2026-11-02",
      "Ada &lt;ada@acme.example&gt;",
      "Dr Fallow, dpo@roe.example",
      "2025-11-02 to 2025-11-20",
      "2 people have been erased since",
      "at most 1 whose processing is restricted",
      "is not on file",
      "pseudonymised",
    ])
      expect(text).toContain(told);
    expect(text).not.toContain("fewer than");
    for (const gap of Object.values(TO_FILL_IN)) expect(text).toContain(`[to be filled in: ${gap}]`);
  });

  it("lets no name of a Partner pass for markup", () => {
    const text = toNotice(aReport(), anImpact());
    expect(text).toContain("=Acme &lt;b&gt;\\|");
    expect(text).not.toContain("<b>");
  });

  it.each([
    ["data", "beside the records"],
    ["folder", "outside the folder of the records"],
    ["command", "a key store of their own"],
  ] as const)("says where the keys lay: %s", (keyPlace, told) => {
    expect(toNotice(aReport({ keyPlace }), anImpact())).toContain(told);
  });

  it("of our own accounts is for our own notification, and names no officer", () => {
    const text = toNotice(aReport(), anImpact({ partner: "", name: "Subscriber and public accounts", officers: [] }));
    expect(text).toContain("Art. 33(1)");
    expect(text).not.toContain("Link Officer");
  });

  it("says so where nothing is found, and what is gone all the same", () => {
    const text = toNotice(aReport(), anImpact({ lines: [], peopleAtLeast: 0, peopleAtMost: 0 }));
    expect(text).toContain("Nothing of these people is found");
    expect(text).toContain("cannot be counted any more");
  });

  it("leaves a gap where the contact is not set", () => {
    expect(toNotice(aReport({ contact: "" }), anImpact())).toContain("ROEBUCK\\_PRIVACY\\_CONTACT");
  });
});

describe("the tables of a report", () => {
  it("are CSV in which no cell is a formula", () => {
    const rows: string[][] = parse(toCountsCsv([anImpact()]), { bom: true });
    expect(rows.slice(1).map((row) => row[1])).toEqual(["'=Acme <b>|", "'=Acme <b>|", "'=Acme <b>|"]);
    expect(rows[2]).toEqual(
      "acme,'=Acme <b>|,warehouse,engagement,Use of the website,engagement,1234,3,1,0,2026-11-01,2026-11-02,2".split(
        ",",
      ),
    );
    const list: string[][] = parse(toSendListCsv([anImpact(), anImpact({ partner: "" })], toNoticeFolder), {
      bom: true,
    });
    expect(list[1]).toEqual(["acme", "'=Acme <b>|", "Ada", "ada@acme.example", "partners/acme/notice.md"]);
    expect(list).toHaveLength(2);
  });

  it("as JSON keep what is to be filled in as null", () => {
    const json = JSON.parse(toBreachJson(aReport(), [anImpact()]));
    expect(Object.keys(json.to_fill_in)).toEqual(Object.keys(TO_FILL_IN));
    expect(json.controllers[0]).toMatchObject({ partner: "acme", people_at_least: 3, people_at_most: 4 });
  });

  it("give each controller a folder of its own, with nothing of another's", () => {
    const report = aReport({
      impacts: [anImpact(), anImpact({ partner: "cole", name: "Cole College" }), anImpact({ partner: "" })],
    });
    const files = toNoticeFiles(report);
    expect([...files.keys()].filter((name) => name.endsWith("notice.md"))).toEqual([
      "partners/acme/notice.md",
      "partners/cole/notice.md",
      "own-accounts/notice.md",
    ]);
    for (const [name, text] of files) if (name.startsWith("partners/acme/")) expect(text).not.toContain("Cole");
  });

  it("tell the operator what is missing", () => {
    const lines = toSummaryLines(
      aReport({ contact: "", waiting: 7, keyPlace: "data", impacts: [anImpact({ officers: [] })] }),
    );
    expect(lines.join("\n")).toMatch(
      /Nothing of: brook[\s\S]*7 records wait[\s\S]*beside the records[\s\S]*No Link Officer is on file for: acme[\s\S]*ROEBUCK_PRIVACY_CONTACT/,
    );
  });

  it.each([
    [1, 1, "1 person"],
    [5, 5, "5 people"],
    [1, 2, "at least 1 and at most 2 people"],
  ])("toPeopleWords() of %i to %i", (peopleAtLeast, peopleAtMost, words) => {
    expect(toPeopleWords({ peopleAtLeast, peopleAtMost })).toBe(words);
  });
});
