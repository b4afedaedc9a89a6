import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeMonth } from "../../reporting/close.ts";
import { toJson } from "../../reporting/json.ts";
import { toPdf } from "../../reporting/pdf.ts";
import { readRecord } from "../../reporting/records.ts";
import type { SealedEvent } from "../../schemas/event.ts";
import type { RecordOfEngagement } from "../../schemas/record.ts";
import { aMonth } from "../fixtures/close-store.ts";
import { readPdfText } from "../fixtures/pdf-text.ts";
import { openRightsHouse, type RightsHouse, type Use } from "../fixtures/rights-house.ts";
import { anEventId } from "../fixtures/transform-events.ts";

/**
 * A month that is the same in every run, from the log to the page. Both files are reviewed: a change in how something
 * is counted, withheld or worded shows as a diff. `npx vitest run --project flow -u golden-month` writes them.
 */
const MONTH = aMonth("2026-10");
const PEOPLE = 24;
const DEPARTMENTS = ["Children", "Children", "Adults", ""];
const RESOURCES = [
  { id: "g-neglect", type: "guide", topic: "Safeguarding", title: "Recognising neglect" },
  { id: "v-chronology", type: "video", topic: "Safeguarding", title: "Writing a chronology" },
  { id: "a-anxiety", type: "article", topic: "Mental health", title: "Anxiety in primary-age children" },
  { id: "a-rare", type: "article", topic: "", title: "Read by two" },
];
const TERMS = ["Neglect", "neglect ", "kinship care", "thresholds"];

let ids = 0;

/** What one person does at a minute of October, counted from its first. */
function anAct(person: number, minute: number, event: Partial<SealedEvent>): Use {
  const dept = DEPARTMENTS[person % DEPARTMENTS.length];
  return {
    sub: `person-${person}`,
    ...(dept ? { dept } : {}),
    at: new Date(Date.parse("2026-10-01T00:00:00Z") + minute * 60_000).toISOString(),
    id: anEventId(++ids),
    consents: person % 2 === 0,
    ...event,
  };
}

/** Weekdays from nine to five, each person on some of them. */
function toMinute(person: number, day: number, visit: number): number {
  return day * 1_440 + (9 + ((person * 5 + day + visit * 3) % 8)) * 60 + ((person * 7) % 60);
}

function toDay(person: number): Use[] {
  const uses: Use[] = [];
  for (let day = person % 3; day < 30; day += 3) {
    if ((day + 3) % 7 >= 5) continue;
    const minute = toMinute(person, day, 0);
    const rare = person < 2 && day > 20 ? 3 : -1;
    const resource = RESOURCES[rare >= 0 ? rare : (person + day) % 3];
    if (resource === undefined) continue;
    const { title, ...rest } = resource;
    const path = `/${resource.type}s/${resource.id}`;
    const view = { type: "page_view", path, title, resource: { ...rest, full: day % 2 === 0 } } as const;
    uses.push(anAct(person, minute, view));
    if (person % 5 === 0) uses.push(anAct(person, minute, view));
    if (day % 4 === 0) uses.push(anAct(person, minute + 2, { ...view, type: "download", path: `${path}.pdf` }));
    if (day % 5 === 0) {
      uses.push(
        anAct(person, minute + 5, { type: "search", path: "/search", title: "Search", term: TERMS[person % 4] ?? "" }),
      );
    }
    uses.push(anAct(person, minute + 3, { type: "leave", path, engagedMs: 1_000 * (30 + person) }));
  }
  const event = { id: "e-1", title: "Reflective supervision", kind: "webinar" };
  if (person % 4 === 1)
    uses.push(anAct(person, 15 * 1_440 + 600, { type: "feedback", path: "/", event, score: 1 + (person % 5) }));
  if (person % 3 === 0) {
    uses.push(anAct(person, 14 * 1_440 + 840, { type: "attendance", event, minutes: 5 + person * 3 }));
  }
  return uses;
}

describe("a month from the log to the page", () => {
  let house: RightsHouse;
  let record: RecordOfEngagement;

  beforeAll(async () => {
    house = await openRightsHouse({ ROEBUCK_PEOPLE_MIN: "5" });
    const uses = Array.from({ length: PEOPLE }, (_, person) => toDay(person)).flat();
    await house.send(...uses);
    await house.settle();
    house.at("2026-11-03T03:00:00Z");
    await closeMonth(house.service, MONTH, { partners: ["acme"] });
    const made = await readRecord(house.service.warehouse, MONTH, "acme");
    if (made === undefined) throw new Error("Cannot test: the month must be closed");
    record = made;
  }, 120_000);
  afterAll(() => house[Symbol.asyncDispose]());

  it("is the record that was reviewed", async () => {
    await expect(toJson(record)).toMatchFileSnapshot("../fixtures/golden/month.record.json.txt");
  });

  it("is the PDF that was reviewed, in its words", async () => {
    const pages = await readPdfText(await toPdf(record));
    const text = pages.map(
      (page, index) => `--- page ${index + 1}\n${page.replace(/ {2,}/g, " ").replace(/(.{1,110}) /g, "$1\n")}\n`,
    );
    await expect(text.join("\n")).toMatchFileSnapshot("../fixtures/golden/month.pdf.txt");
  });
});
