import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Month, toMonthOffset } from "../../schemas/ids.ts";
import { Installation, thisMonth } from "../fixtures/roebuck-process.ts";

/**
 * What an auditor of COUNTER does on a platform (Code of Practice 5.1, Appendix E) and the examples in the Code's text,
 * through the way that anybody can go: a history is imported, the month is closed, the reports are read.
 */
const MONTH = toMonthOffset(thisMonth() as Month, -1); // yyyy-mm, as the fixture makes it
const SECOND = 1_000;
const MINUTE = 60_000;

interface Act {
  readonly afterMs: number;
  readonly type: "page_view" | "download" | "play" | "search";
  readonly path: string;
  readonly item?: { readonly id: string; readonly type: string; readonly full: boolean };
}

type Counts = Readonly<Record<string, number>>;

interface Case {
  readonly id: string;
  readonly name: string;
  readonly acts: readonly Act[];
  /** Of all data types together; a metric that is not named must not be in the report. */
  readonly counts: Counts;
  /** Of each data type of the Platform Report, where the case is about them. */
  readonly byDataType?: Readonly<Record<string, Counts>>;
  /** Items in the Item Report. */
  readonly items: number;
}

const request = (afterMs: number, id: string, type = "article", path = `/items/${id}`): Act => ({
  ...{ afterMs, path, type: type === "video" ? "play" : "page_view" },
  item: { id, type, full: true },
});
const investigate = (afterMs: number, id: string, type = "article"): Act => ({
  ...{ afterMs, path: `/items/${id}/abstract`, type: "page_view" },
  item: { id, type, full: false },
});
const times = <Value>(n: number, make: (index: number) => Value): Value[] =>
  Array.from({ length: n }, (_, at) => make(at));

/** The same number of each item metric. */
const each = (n: number): Counts => ({
  Total_Item_Investigations: n,
  Total_Item_Requests: n,
  Unique_Item_Investigations: n,
  Unique_Item_Requests: n,
});

/** 15 items that are requested twice with such a gap, five minutes from one item to the next. */
const doubleClicks = (prefix: string, gapMs: number, startMs: number): Act[] =>
  times(15, (at) => [
    request(startMs + at * 2 * MINUTE, `${prefix}-${at}`, ["article", "video", "guide"][at % 3]),
    request(startMs + at * 2 * MINUTE + gapMs, `${prefix}-${at}`, ["article", "video", "guide"][at % 3]),
  ]).flat();

const CASES: readonly Case[] = [
  {
    id: "e-double-clicks",
    name: "Appendix E, double-clicks: 15 inside 30 s and 15 outside are 45, 45, 30 and 30",
    acts: [...doubleClicks("inside", 20 * SECOND, 0), ...doubleClicks("outside", 40 * SECOND, 60 * MINUTE)],
    counts: {
      Total_Item_Investigations: 45,
      Total_Item_Requests: 45,
      Unique_Item_Investigations: 30,
      Unique_Item_Requests: 30,
    },
    items: 30,
  },
  {
    id: "e-searches",
    name: "Appendix E, searches: 100 searches are 100, however quickly they follow each other",
    acts: times(100, (at) => ({ afterMs: at * SECOND, type: "search", path: "/search" })),
    counts: { Searches_Platform: 100 },
    items: 0,
  },
  {
    id: "e-items",
    name: "Appendix E, requests: 100 items of two data types are 50 of each metric for each",
    acts: times(100, (at) => request(at * MINUTE, `item-${at}`, at % 2 === 0 ? "article" : "video")),
    counts: each(100),
    byDataType: { News_Item: each(50), Audiovisual: each(50) },
    items: 100,
  },
  {
    id: "e-investigations",
    name: "Appendix E, investigations apart from requests: they double Total_Item_Investigations and nothing else",
    acts: times(100, (at) => [
      investigate(at * MINUTE, `item-${at}`),
      request(at * MINUTE + 5_000, `item-${at}`),
    ]).flat(),
    counts: { ...each(100), Total_Item_Investigations: 200 },
    items: 100,
  },
  {
    id: "e-few-items",
    name: "Appendix E, fewer items than requests: 20 items five times each in one hour are 100 and 20",
    acts: times(100, (at) => request(at * 31 * SECOND, `item-${at % 20}`)),
    counts: {
      Total_Item_Investigations: 100,
      Total_Item_Requests: 100,
      Unique_Item_Investigations: 20,
      Unique_Item_Requests: 20,
    },
    items: 20,
  },
  {
    id: "s72-one-action",
    name: "7.2: clicks at 10:01:00 and 10:01:29 are one action",
    acts: [request(MINUTE, "a"), request(MINUTE + 29 * SECOND, "a")],
    counts: each(1),
    items: 1,
  },
  {
    id: "s72-two-actions",
    name: "7.2: clicks at 10:01:00 and 10:01:35 are two",
    acts: [request(MINUTE, "a"), request(MINUTE + 35 * SECOND, "a")],
    counts: { ...each(1), Total_Item_Investigations: 2, Total_Item_Requests: 2 },
    items: 1,
  },
  {
    id: "s72-further-clicks",
    name: "7.2: of further clicks each removes the one before: 0, 20 and 40 s are one",
    acts: [request(0, "a"), request(20 * SECOND, "a"), request(40 * SECOND, "a")],
    counts: each(1),
    items: 1,
  },
  {
    id: "s73-formats",
    name: "7.3: HTML and PDF of one article in one session are two requests and one unique item",
    acts: [request(0, "a"), { ...request(10 * SECOND, "a", "article", "/files/a.pdf"), type: "download" }],
    counts: { ...each(1), Total_Item_Investigations: 2, Total_Item_Requests: 2 },
    items: 1,
  },
  {
    id: "s73-chapters",
    name: "7.3: twelve chapters of a book in one session are twelve unique items",
    acts: times(12, (at) => request(at * SECOND, `chapter-${at}`, "book_segment")),
    counts: each(12),
    items: 12,
  },
  {
    id: "s73-sessions",
    name: "7.3: a session is a person's date and hour of day: 10:59, 11:01 and 11:59 are two",
    acts: [request(59 * MINUTE, "a"), request(61 * MINUTE, "a"), request(119 * MINUTE, "a")],
    counts: {
      Total_Item_Investigations: 3,
      Total_Item_Requests: 3,
      Unique_Item_Investigations: 2,
      Unique_Item_Requests: 2,
    },
    items: 1,
  },
];

interface ReportItem {
  readonly Attribute_Performance?: readonly {
    readonly Data_Type: string;
    readonly Performance: Readonly<Record<string, Readonly<Record<string, number>>>>;
  }[];
  /** Of an Item Report: the items below a parent. */
  readonly Items?: readonly ReportItem[];
}
interface Report {
  readonly Report_Items: readonly ReportItem[];
}

const roebuck = new Installation({ ROEBUCK_PEOPLE_MIN: "1" });

/** One line of the history; everything begins at 10:00 on the 10th, in UTC. */
function toLine(partner: string, { afterMs, type, path, item }: Act): string {
  return JSON.stringify({
    ...{ sub: "auditor", acct: "partner", ptn: partner, site: "www", type },
    at: new Date(Date.parse(`${MONTH}-10T10:00:00Z`) + afterMs).toISOString(),
    url: `https://www.example.org${path}`,
    ...(item === undefined ? {} : { resource: item, title: item.id }),
    // Without ids two searches of one second would be one line twice.
    ...(type === "search" ? { query: `search ${afterMs}` } : {}),
  });
}

beforeAll(async () => {
  const partners = CASES.map(({ id }) => `${id},Audit,,,,,2024-01-01,,UTC,,`);
  writeFileSync(
    join(roebuck.folder, "partners.csv"),
    ["id,name,group,seats,fee,currency,contract_start,contract_end,zone,officer_name,officer_email", ...partners].join(
      "\n",
    ),
  );
  writeFileSync(
    join(roebuck.folder, "audit.ndjson"),
    CASES.flatMap(({ id, acts }) => acts.map((act) => toLine(id, act))).join("\n"),
  );
  await roebuck.start();
  await roebuck.ask("partners", "import", "partners.csv");
  await roebuck.ask("import", "events", "audit.ndjson");
  await roebuck.ask("close", MONTH);
}, 180_000);
afterAll(() => roebuck[Symbol.asyncDispose]());

async function report(id: "PR" | "IR", partner: string): Promise<Report> {
  return JSON.parse(await roebuck.ask("counter", id, "--partner", partner, "--from", MONTH));
}

/** The entries that have counts: the platform's, or the items of all parents. */
function toItems({ Report_Items }: Report): readonly ReportItem[] {
  return Report_Items.flatMap((item) => item.Items ?? [item]);
}

/** The month's counts of all entries together. */
function toCounts({ Report_Items }: Report, dataType?: string): Counts {
  const counts: Record<string, number> = {};
  for (const { Attribute_Performance = [] } of toItems({ Report_Items })) {
    for (const { Data_Type, Performance } of Attribute_Performance) {
      if (dataType !== undefined && Data_Type !== dataType) continue;
      for (const [metric, months] of Object.entries(Performance))
        counts[metric] = (counts[metric] ?? 0) + (months[MONTH] ?? 0);
    }
  }
  return counts;
}

describe("an operator who writes a report", () => {
  const [{ id: partner }] = CASES as [Case, ...Case[]];

  it("is told that a month between closed ones is not closed, whatever months are asked for", async () => {
    await roebuck.ask("close", toMonthOffset(MONTH, -2), "--partner", partner);
    const written = await roebuck.ask(
      ...["counter", "PR", "--partner", partner, "--from", toMonthOffset(MONTH, -1), "--until", MONTH],
    );
    expect(JSON.parse(written).Report_Header.Exceptions).toEqual([
      {
        Code: 3031,
        Message: "Usage Not Ready for Requested Dates",
        Data: `months not closed: ${toMonthOffset(MONTH, -1)}`,
      },
    ]);
  });

  it("gets none of a month that was closed before it was over", async () => {
    const month = toMonthOffset(MONTH, 1);
    await roebuck.ask("close", month, "--partner", partner);
    const { code, err } = await roebuck.run("counter", "PR", "--partner", partner, "--from", month);
    expect([code, err]).toEqual([1, expect.stringContaining("over and closed")]);
  });
});

describe("an auditor of COUNTER finds in the reports", () => {
  it.each(CASES)("$name", { timeout: 60_000 }, async ({ id, counts, byDataType = {}, items }) => {
    const platform = await report("PR", id);
    expect(toCounts(platform)).toEqual(counts);
    for (const [dataType, some] of Object.entries(byDataType)) expect(toCounts(platform, dataType)).toEqual(some);

    const itemReport = await report("IR", id);
    expect(toItems(itemReport)).toHaveLength(items);
    const { Searches_Platform: _, ...ofItems } = counts;
    expect(toCounts(itemReport)).toEqual(ofItems);

    const record = JSON.parse(await roebuck.ask("record", MONTH, id, "--format", "json"));
    expect(record.figures).toMatchObject(counts);
  });
});
