import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import { ROEBUCK_PLATFORM, toCounterReport, toFlatItems } from "../../../reporting/counter.ts";
import { toCounterTsv } from "../../../reporting/counter-tsv.ts";
import { COUNTER_METRICS } from "../../../reporting/counter-usage.ts";
import { toCsv, toCsvFiles } from "../../../reporting/csv.ts";
import { toHtml } from "../../../reporting/html.ts";
import { toJson } from "../../../reporting/json.ts";
import { toPdf } from "../../../reporting/pdf.ts";
import { FIGURE_NAMES } from "../../../schemas/figures.ts";
import type { Cell, RecordOfEngagement } from "../../../schemas/record.ts";
import { anEmptyRecord, aRecord } from "../../fixtures/a-record.ts";
import { readPdfText } from "../../fixtures/pdf-text.ts";
import { toUglyRecords } from "../../fixtures/ugly-records.ts";

const RECORDS = Object.entries({ ordinary: aRecord(), empty: anEmptyRecord(), ...toUglyRecords() });
const FEW = "fewer than 5";
const toPrinted = (cell: Cell, few = FEW) => (cell === null ? few : cell.toLocaleString("en-GB"));

/** Text of markup: what tells words apart on a page does here too. */
function toWords(markup: string): string {
  const entities: Record<string, string> = { "&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'" };
  const text = markup.replace(/<[^>]+>/g, "").replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? "");
  return text.replace(/\s+/g, " ").trim();
}

/** The rows of each table of a page by its caption: the cells after the row's header. */
function readTables(page: string): Map<string, string[][]> {
  const tables = [...page.matchAll(/<caption>([^<]*)<\/caption>[\s\S]*?<tbody>([\s\S]*?)<\/tbody>/g)];
  return new Map(
    tables.map(([, caption = "", body = ""]) => [
      caption,
      [...body.matchAll(/<tr[^>]*>([\s\S]*?)<\/tr>/g)].map(([, row = ""]) =>
        [...row.matchAll(/<td[^>]*>([\s\S]*?)<\/td>/g)].map(([, cell = ""]) => toWords(cell)),
      ),
    ]),
  );
}

const toDate = (date: string) => new Date(date).toLocaleDateString("en-GB", { dateStyle: "long", timeZone: "UTC" });
const toWhole = (value: number) => value.toLocaleString("en-GB", { maximumFractionDigits: 0 });
const toPercent = (share: number) => `${toWhole(share * 100)}%`;

/** Single numbers that stand in sentences, as they must be printed. */
function toExpectedWords({ value, events, figures, engaged, feedback, newcomers }: RecordOfEngagement): string[] {
  const { amount, fee_share, currency } = value.cost_per_use;
  const toMoney = (sum: number) => sum.toLocaleString("en-GB", { style: "currency", currency });
  return [
    ...(events.length > 0 ? [`${toWhole(figures.events_attended)} attendance`] : []),
    ...(value.utilisation.share === null ? [] : [`, ${toPercent(value.utilisation.share)}.`]),
    ...(amount === null || fee_share === null
      ? []
      : [`Cost per unique request: ${toMoney(amount)} (the month’s share of the fee, ${toMoney(fee_share)}, `]),
    ...(engaged.engaged_people === null || engaged.agreed_people === 0
      ? []
      : [`from ${engaged.engaged_people} of ${engaged.agreed_people} people`]),
    ...(feedback.average === null ? [] : [`average score is ${feedback.average.toFixed(1)} of 5`]),
    ...(newcomers.new_people === null || figures.active_people === 0 ? [] : [`New people: ${newcomers.new_people};`]),
  ];
}

/** What the tables of a page must hold, written down from the record without the code that prints it. */
function toExpectedTables(record: RecordOfEngagement): Map<string, string[][]> {
  const cells = (...row: readonly Cell[]) => row.map((cell) => toPrinted(cell));
  const use = (rows: RecordOfEngagement["by_kind"]) =>
    rows
      .slice(0, 6)
      .map((row) => [row.uniqueRequests, row.totalRequests, row.people].map((cell) => toPrinted(cell, "<5")));
  const hours = Array.from({ length: 24 }, (_, hour) => hour).filter((hour) =>
    record.weekday_hours.some((row) => row[hour] !== 0),
  );
  const [first = 0, last = -1] = [hours[0], hours.at(-1)];
  const all = new Map<string, string[][]>([
    [
      "Closed months",
      record.trend.map(({ figures: one }) =>
        cells(one.Unique_Item_Requests, one.active_people, one.visits, one.page_views, one.Searches_Platform),
      ),
    ],
    [
      "Resources used most, with unique requests, requests and people",
      record.top_resources
        .slice(0, 10)
        .map((row) => [row.type, ...cells(row.uniqueRequests, row.totalRequests, row.people)]),
    ],
    ["Use by kind, with unique requests, requests and people", use(record.by_kind)],
    ["Use by topic, with unique requests, requests and people", use(record.by_topic)],
    [
      "Pages opened most, with page views and people",
      record.top_pages.slice(0, 6).map((row) => cells(row.views, row.people)),
    ],
    [
      "Page views by weekday and hour",
      record.weekday_hours.map((row) => row.slice(first, last + 1).map((cell) => toPrinted(cell, "<5"))),
    ],
    [
      "Use by department, with people and unique requests",
      record.departments.map((row) => cells(row.people, row.uniqueRequests)),
    ],
    ["Terms searched for, with searches and people", record.searches.map((row) => cells(row.searches, row.people))],
    [
      "Events attended, with their dates and people",
      record.events.slice(0, 8).map((row) => [row.kind, toDate(row.date), ...cells(row.attendees)]),
    ],
    [
      "This Partner beside its peer group",
      record.value.peers.flatMap(({ figure, lower_quartile, median, upper_quartile }) => {
        const own = figure === "utilisation" ? record.value.utilisation.share : record.figures[figure];
        const print = figure === "utilisation" ? toPercent : toWhole;
        return own === null ? [] : [[own, lower_quartile, median, upper_quartile].map(print)];
      }),
    ],
  ]);
  if (record.trend.length < 2) all.delete("Closed months");
  if (record.days.every((count) => count === 0)) all.delete("Page views by weekday and hour");
  return new Map([...all].filter(([, rows]) => rows.length > 0));
}

describe("the numbers of a record are the same in every format", () => {
  it.each(RECORDS)("JSON: %s", (_, record) => {
    expect(JSON.parse(toJson(record))).toEqual(record);
  });

  it.each(RECORDS)("CSV, a file a table: %s", (_, record) => {
    const files = toCsvFiles(record);
    const rows = (file: string): string[][] => parse(files.get(file) ?? "", { bom: true, from_line: 2 });
    const numbers = (file: string, from: number) =>
      rows(file).map((row) => row.slice(from).map((cell) => (cell === FEW ? null : Number(cell))));
    expect(rows("totals.csv").map(([name, , now]) => [name, Number(now)])).toEqual(
      FIGURE_NAMES.map((name) => [name, record.figures[name]]),
    );
    expect(numbers("months.csv", 1)).toEqual(
      record.trend.map(({ figures }) => FIGURE_NAMES.map((name) => figures[name])),
    );
    for (const [file, use] of [
      ["resources.csv", record.top_resources],
      ["kinds.csv", record.by_kind],
      ["topics.csv", record.by_topic],
    ] as const)
      expect(numbers(file, 3), file).toEqual(
        use.map((row) => [
          row.uniqueRequests,
          row.totalRequests,
          row.uniqueInvestigations,
          row.totalInvestigations,
          row.people,
        ]),
      );
    expect(numbers("pages.csv", 2)).toEqual(record.top_pages.map((row) => [row.views, row.people]));
    expect(numbers("days.csv", 1).flat()).toEqual(record.days);
    expect(numbers("hours.csv", 2).flat()).toEqual(record.weekday_hours.flat());
    expect(numbers("departments.csv", 2)).toEqual(
      record.departments.map((row) => [row.people, row.uniqueRequests, row.actions]),
    );
    expect(numbers("searches.csv", 1)).toEqual(record.searches.map((row) => [row.searches, row.people]));
    expect(numbers("events.csv", 4).flat()).toEqual(record.events.map((row) => row.attendees));
    const [received, ...rest] = numbers("counting.csv", 2).flat();
    expect(received).toBe(record.how_counted.received);
    expect(rest).toContain(record.how_counted.counted);
    const { newcomers, engaged, feedback, value } = record;
    expect(rows("measures.csv").map(([, number]) => (number === "" ? null : Number(number)))).toEqual([
      ...[newcomers.new_people, newcomers.returning_people],
      ...[engaged.engaged_ms, engaged.engaged_people, engaged.agreed_people, feedback.responses, feedback.average],
      ...[value.utilisation.share, value.cost_per_use.amount, value.cost_per_use.fee_share],
    ]);
    expect(numbers("peers.csv", 1)).toEqual(
      record.value.peers.map((band) => [band.partners, band.lower_quartile, band.median, band.upper_quartile]),
    );
    // the one file has the same lines, one table after another
    for (const [file, text] of files) {
      const one: string[][] = parse(text, { bom: true });
      const long: string[][] = parse(toCsv(record), { bom: true });
      const lines = new Set(long.map((line) => line.join("\t").trimEnd()));
      expect(
        one.filter((line) => !lines.has(line.join("\t").trimEnd())),
        file,
      ).toEqual([]);
    }
  });

  it.each(RECORDS)("HTML: %s", (_, record) => {
    const page = toHtml(record);
    const tables = readTables(page);
    for (const [caption, rows] of toExpectedTables(record)) expect(tables.get(caption), caption).toEqual(rows);
    const days = [...(tables.get("Counted actions by day") ?? [])].flat().filter((cell) => cell !== "–");
    expect(days).toEqual(
      record.days.some((count) => count !== 0) ? record.days.map((cell) => toPrinted(cell, "<5")) : [],
    );
    for (const words of toExpectedWords(record)) expect(toWords(page)).toContain(words);
    const cards = [...page.matchAll(/<strong class="value">([\d,]+) <\/strong>/g)].map(([, value]) => value);
    const { events_attended: _attended, ...figures } = record.figures;
    expect(cards.toSorted()).toEqual(
      Object.values(figures)
        .map((value) => toPrinted(value))
        .toSorted(),
    );
    const trail = (tables.get("From the events received to the events counted") ?? []).flat();
    expect(trail[0]).toBe(toPrinted(record.how_counted.received));
    expect(trail).toContain(toPrinted(record.how_counted.counted));
  });

  it.each(RECORDS)("PDF: %s", async (_, record) => {
    const text = (await readPdfText(await toPdf(record))).join(" ").replace(/\s+/g, " ");
    for (const [caption, rows] of readTables(toHtml(record))) {
      const numbers = rows.map((row) =>
        row.filter((cell) => /^(?:−? ?[\d,]+%?|–|<5|fewer than 5)$/.test(cell)).join(" "),
      );
      for (const row of numbers) expect(text, caption).toContain(row);
    }
    for (const words of toExpectedWords(record)) expect(text).toContain(words);
    for (const value of Object.values(record.figures)) expect(text).toContain(toPrinted(value));
  });

  it.each(RECORDS)("COUNTER JSON and TSV: %s", (_, record) => {
    const order = {
      institution: { id: record.partner.id, name: record.partner.name },
      begin: record.month,
      end: record.month,
      attributes: { Attributes_To_Show: ["Access_Method"] },
      created: "2026-11-24T09:30:00Z",
      platform: ROEBUCK_PLATFORM,
    } as const;
    const platform = toCounterReport({ ...order, report: "PR" }, [record]);
    for (const metric of COUNTER_METRICS) {
      const counts = toFlatItems(platform).flatMap((item) =>
        item.Attribute_Performance.map(({ Performance }) => Performance[metric]?.[record.month] ?? 0),
      );
      expect(
        counts.reduce((sum, count) => sum + count, 0),
        metric,
      ).toBe(record.figures[metric]);
    }
    const items = toCounterReport({ ...order, report: "IR" }, [record]);
    const told = new Map(
      toFlatItems(items).map((item) => [item.Item_ID?.Proprietary, item.Attribute_Performance[0]?.Performance]),
    );
    const shown = record.top_resources.filter((row) => row.people !== null);
    expect([...told.keys()]).toEqual(shown.map(({ id }) => `roebuck:${id}`));
    for (const row of shown) {
      expect(told.get(`roebuck:${row.id}`)?.Unique_Item_Requests?.[record.month] ?? 0).toBe(row.uniqueRequests);
      expect(told.get(`roebuck:${row.id}`)?.Total_Item_Investigations?.[record.month] ?? 0).toBe(
        row.totalInvestigations,
      );
    }
    const lines = toCounterTsv(platform)
      .split("\r\n")
      .slice(15, -1)
      .map((line) => line.split("\t"));
    for (const metric of COUNTER_METRICS)
      expect(lines.filter((line) => line[3] === metric).reduce((sum, line) => sum + Number(line[4]), 0)).toBe(
        record.figures[metric],
      );
  });
});
