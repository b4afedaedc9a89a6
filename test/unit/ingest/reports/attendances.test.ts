import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toUnionMs } from "../../../../ingest/reports/attendances.ts";
import { attend, readReport, someContacts } from "../../../fixtures/reports.ts";

describe("toUnionMs()", () => {
  it.each<[string, readonly (readonly [number, number])[], number]>([
    ["nothing", [], 0],
    ["one", [[10, 20]], 10],
    [
      "two apart",
      [
        [0, 10],
        [20, 25],
      ],
      15,
    ],
    [
      "two that overlap",
      [
        [0, 10],
        [5, 20],
      ],
      20,
    ],
    [
      "one inside another",
      [
        [0, 30],
        [5, 10],
      ],
      30,
    ],
    [
      "two that touch",
      [
        [0, 10],
        [10, 20],
      ],
      20,
    ],
  ])("of %s", (_, spans, ms) => {
    expect(toUnionMs(spans)).toBe(ms);
  });

  it("is as long as the minutes in which any span is, for any spans", () => {
    const span = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 30 }));
    fc.assert(
      fc.property(fc.array(span), (given) => {
        const spans = given.map(([from, length]) => [from, from + length] as const).sort(([a], [b]) => a - b);
        const minutes = Array.from({ length: 100 }, (_, minute) => minute);
        const covered = minutes.filter((minute) => spans.some(([from, until]) => from <= minute && minute < until));
        expect(toUnionMs(spans)).toBe(covered.length);
      }),
    );
  });
});

describe("toAttendances()", () => {
  const list = (...lines: readonly string[]) =>
    readReport(Buffer.from(["email,name,joined,left,minutes", ...lines].join("\n")));
  const options = { event: "w-1", kind: "webinar" };

  it("takes one person with two addresses and a name for one", () => {
    const find = someContacts("a@example.org,,u-1,acme,", "b@example.org,Wren Kestrel,u-1,acme,");
    const report = list(
      "a@example.org,,2026-10-01 10:00,2026-10-01 10:20,",
      "b@example.org,,2026-10-01 10:10,2026-10-01 10:30,",
      ",Wren Kestrel,2026-10-01 11:00,,5",
    );
    expect(attend(report, options, find).attendances).toMatchObject([{ line: 2, attendance: { minutes: 35 } }]);
  });

  it("counts who was not found once each, and quotes no address in what is wrong", () => {
    const report = list(
      "x@example.org,,2026-10-01,,5",
      "x@example.org,,2026-10-01,,5",
      ",X,2026-10-01,,5",
      ",,2026-10-01,,5",
    );
    expect(attend(report, options).unmatched.map(({ reason }) => reason)).toEqual([
      "not_in_contacts",
      "no_address",
      "no_address",
    ]);
    const find = someContacts("wren@example.org,,u-1,acme,");
    expect(() => attend(list("wren@example.org,,2026-10-01,jay@example.org,5"), options, find)).toThrow(/\[masked\]/);
  });

  it("keeps nothing of the report but the user, the event and the minutes", () => {
    const text = JSON.stringify(attend(readReport("teams-meeting.csv")).attendances);
    expect(text).not.toMatch(/example\.org|Kestrel|Sandpiper|Dunlin|Plover|Teal/i);
  });
});
