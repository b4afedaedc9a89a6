import { describe, expect, it } from "vitest";
import { DEMO_PARTNERS } from "../../../../api/demo/catalogue.ts";
import { planOccasions, planStays } from "../../../../api/demo/occasions.ts";
import { toPeople, toPerson } from "../../../../api/demo/people.ts";
import { toContactsFile, toReportFile } from "../../../../api/demo/reports.ts";
import { planMonth } from "../../../../api/demo/traffic.ts";
import { parseContacts } from "../../../../ingest/reports/contacts.ts";
import { isBadFile } from "../../../../ingest/reports/rows.ts";
import type { Month } from "../../../../schemas/ids.ts";
import { attend, readReport } from "../../../fixtures/reports.ts";

const MONTH = "2026-10" as Month; // a month
const SEED = 20_260_101;
const [northgate] = DEMO_PARTNERS;
if (northgate === undefined) throw new Error("The demo has no Partner");

describe("planOccasions()", () => {
  it.each(["2026-08", "2026-09", "2026-10", "2027-02"])(
    "plans a webinar, a meeting and a course on working days of %s",
    (month) => {
      const occasions = planOccasions(month as Month); // as above
      expect(occasions.map(({ kind }) => kind)).toEqual(["webinar", "meeting", "course"]);
      for (const { startMs } of occasions) {
        expect(new Date(startMs).toISOString().slice(0, 7)).toBe(month);
        expect([1, 2, 3, 4, 5]).toContain(new Date(startMs).getUTCDay());
      }
    },
  );
});

describe("planStays()", () => {
  it("plans the same for the same seed, with some who do not stay long enough to count", () => {
    const [webinar] = planOccasions(MONTH);
    if (webinar === undefined) throw new Error("There is no webinar");
    const stays = planStays(webinar, SEED);
    expect(planStays(webinar, SEED)).toEqual(stays);
    expect(stays.length).toBeGreaterThan(100);
    expect(stays.filter(({ minutes }) => minutes < 10).length).toBeGreaterThan(5);
    expect(stays.every(({ minutes }) => minutes >= 1 && minutes <= webinar.minutes)).toBe(true);
  });
});

describe("toReportFile()", () => {
  it.each(planOccasions(MONTH))(
    "writes a $kind as its tool would: everyone who was there is read out of it",
    (occasion) => {
      const find = parseContacts(Buffer.from(toContactsFile(DEMO_PARTNERS.flatMap(toPeople))));
      if (isBadFile(find)) throw new Error(JSON.stringify(find.problems));
      const stays = planStays(occasion, SEED);
      const outcome = attend(readReport(toReportFile(occasion, stays)), { zone: "UTC", event: occasion.id }, find);
      expect(outcome.unmatched).toEqual([]);
      expect(outcome.attendances.map(({ attendance }) => attendance)).toEqual(
        stays.map(({ person, joinedMs, minutes }) => ({
          at: joinedMs,
          user: { sub: person.id, acct: "partner", ptn: person.partner, dept: person.dept },
          event: { id: occasion.id, title: occasion.title, kind: occasion.kind },
          minutes,
        })),
      );
    },
  );
});

describe("planMonth()", () => {
  const visits = planMonth(northgate, MONTH, SEED, Date.UTC(2026, 10, 1));

  it("plans the same for the same seed, each visit in the order of time", () => {
    expect(planMonth(northgate, MONTH, SEED, Date.UTC(2026, 10, 1))).toEqual(visits);
    for (const { events } of visits) expect(events).toEqual([...events].sort((one, other) => one.at - other.at));
  });

  it("has engaged time of whoever agreed to it alone, and feedback of some", () => {
    const measured = visits.filter(({ events }) => events.some(({ type }) => type === "leave"));
    expect(measured.length).toBeGreaterThan(50);
    expect(measured.every(({ person }) => person.consent?.behaviour === true)).toBe(true);
    const scores = visits.flatMap(({ events }) => events.flatMap(({ score }) => score ?? []));
    expect(scores.length).toBeGreaterThan(10);
    expect(scores.every((score) => score >= 1 && score <= 5)).toBe(true);
  });
});

describe("toPerson()", () => {
  it("is the same person in every month, in one of the Partner's departments", () => {
    expect(toPerson(northgate, 7)).toEqual(toPerson(northgate, 7));
    for (const { dept } of toPeople(northgate)) expect(northgate.departments).toContain(dept);
  });
});
