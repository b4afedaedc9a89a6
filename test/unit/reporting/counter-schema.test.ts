import { describe, expect, it } from "vitest";
import {
  type CounterOrder,
  type CounterReport,
  type CounterReportId,
  ROEBUCK_PLATFORM,
  toCounterJson,
  toCounterReport,
} from "../../../reporting/counter.ts";
import { DATA_TYPES, ITEM_DATA_TYPES, toDataType } from "../../../reporting/counter-data-types.ts";
import { COUNTER_EXCEPTIONS, toCounterException } from "../../../reporting/counter-exceptions.ts";
import { type CounterFacts, toCounterAnswer } from "../../../reporting/counter-request.ts";
import { toCounterMembers, toCounterReportList, toCounterStatus } from "../../../reporting/counter-service.ts";
import { type Month, toMonthOffset } from "../../../schemas/ids.ts";
import { anEmptyRecord, aRecord, OCTOBER, someResources } from "../../fixtures/a-record.ts";
import { type CounterAnswerKind, findCounterFaults } from "../../fixtures/counter-schema.ts";
import { toUglyRecords } from "../../fixtures/ugly-records.ts";

const REGISTERED = { ...ROEBUCK_PLATFORM, registry: "https://registry.example/platform/1" };
const REPORTS = ["PR", "IR"] as const;

function anOrder(report: CounterReportId, parts: Partial<CounterOrder> = {}): CounterOrder {
  return {
    report,
    institution: { id: "barnsetshire", name: "Barnsetshire County Council" },
    begin: OCTOBER,
    end: OCTOBER,
    created: "2026-11-24T09:30:00Z",
    platform: ROEBUCK_PLATFORM,
    ...parts,
  };
}

const toKind = (report: CounterReportId): CounterAnswerKind => (report === "PR" ? "pr" : "ir");

describe("the JSON Schema of COUNTER 5.1", () => {
  const records = { ordinary: aRecord(), empty: anEmptyRecord(), ...toUglyRecords() };
  it.each(Object.entries(records))("fits both reports of %s", (_, record) => {
    for (const report of REPORTS) {
      const order = anOrder(report, { begin: record.month, end: record.month });
      expect(findCounterFaults(toKind(report), JSON.parse(toCounterJson(toCounterReport(order, [record]))))).toBe("");
    }
  });

  it("fits reports of several months, with attributes, filters, a registry record and every exception", () => {
    for (const report of REPORTS) {
      const order = anOrder(report, {
        begin: "2026-01" as Month, // a month
        end: toMonthOffset(OCTOBER, 1),
        attributes: { Attributes_To_Show: ["Access_Method"], Granularity: "Month" },
        filters: {
          metrics: ["Unique_Item_Requests"],
          dataTypes: ["Report", "Sound"],
          accessMethods: ["Regular"],
          platform: "Roebuck",
        },
        platform: REGISTERED,
        warnings: (["parameter_unknown", "filter_invalid", "attribute_invalid"] as const).map((name) =>
          toCounterException(name, "x"),
        ),
      });
      expect(findCounterFaults(toKind(report), toCounterReport(order, [aRecord()]))).toBe("");
    }
  });

  it("fits whatever the lists and refusals of the API are", () => {
    for (const platform of [ROEBUCK_PLATFORM, REGISTERED]) {
      expect(findCounterFaults("status", toCounterStatus(platform))).toBe("");
      const members = toCounterMembers("r", platform, [{ id: "acme", name: "Acme" }]);
      expect(findCounterFaults("members", members)).toBe("");
      expect(findCounterFaults("members", [])).toBe("");
    }
    expect(findCounterFaults("reports", toCounterReportList([]))).toBe("");
    expect(findCounterFaults("reports", toCounterReportList([OCTOBER]))).toBe("");
    for (const name of Object.keys(COUNTER_EXCEPTIONS) as (keyof typeof COUNTER_EXCEPTIONS)[]) // keys of a constant
      for (const detail of [undefined, "which"])
        expect(findCounterFaults("exception", toCounterException(name, detail)), name).toBe("");
  });

  it("knows every Data_Type that a kind of resource becomes", () => {
    for (const kind of [...Object.keys(DATA_TYPES), "", "anything"])
      expect(ITEM_DATA_TYPES).toContain(toDataType(kind));
    const kinds = ITEM_DATA_TYPES.join("|");
    const { body } = answer("IR", `data_type=${kinds}`);
    expect(findCounterFaults("ir", body)).toBe("");
    expect(JSON.stringify(body)).not.toContain("3060");
  });

  const wrongs: readonly (readonly [string, CounterReportId, (report: Draft) => void])[] = [
    ["a count of 0", "IR", ({ items }) => setCount(items, 0)],
    ["a negative count", "PR", ({ items }) => setCount(items, -3)],
    ["half a count", "PR", ({ items }) => setCount(items, 1.5)],
    ["a count as text", "IR", ({ items }) => setCount(items, "7")],
    ["a count without a month", "PR", ({ items }) => setCount(items, 7, "Total")],
    ["a month 13", "PR", ({ items }) => setCount(items, 7, "2026-13")],
    ["a metric of ours", "PR", ({ items }) => Object.assign(firstOf(items).Performance, { visits: { "2026-10": 1 } })],
    ["searches of an item", "IR", ({ items }) => setCount(items, 7, "2026-10", "Searches_Platform")],
    ["a kind for a Data_Type", "IR", ({ items }) => Object.assign(firstOf(items), { Data_Type: "guide" })],
    ["another access method", "PR", ({ items }) => Object.assign(firstOf(items), { Access_Method: "Robots" })],
    ["people", "IR", ({ items }) => Object.assign(firstOf(items), { people: 5 })],
    ["a release as a number", "PR", ({ header }) => Object.assign(header, { Release: 5.1 })],
    ["the name of Release 5", "PR", ({ header }) => Object.assign(header, { Report_Name: "Platform Master Report" })],
    ["no filters", "PR", ({ header }) => Object.assign(header, { Report_Filters: {} })],
    ["a beginning within a month", "PR", ({ filters }) => Object.assign(filters, { Begin_Date: "2026-10-02" })],
    ["a month without its day", "PR", ({ filters }) => Object.assign(filters, { End_Date: "2026-10" })],
    ["a last day that is none", "PR", ({ filters }) => Object.assign(filters, { End_Date: "2026-09-31" })],
    [
      "a metric that is no filter",
      "IR",
      ({ filters }) => Object.assign(filters, { Metric_Type: ["Searches_Platform"] }),
    ],
    ["an empty filter", "IR", ({ filters }) => Object.assign(filters, { Data_Type: [] })],
    ["a time with milliseconds", "IR", ({ header }) => Object.assign(header, { Created: "2026-11-24T09:30:00.000Z" })],
    ["no exceptions in a list", "IR", ({ header }) => Object.assign(header, { Exceptions: [] })],
    [
      "a message of our own",
      "IR",
      ({ header }) => Object.assign(header, { Exceptions: [{ Code: 3030, Message: "None" }] }),
    ],
    [
      "a refusal in a header",
      "IR",
      ({ header }) => Object.assign(header, { Exceptions: [toCounterException("key_invalid")] }),
    ],
    [
      "an id without a namespace",
      "PR",
      ({ header }) => Object.assign(header, { Institution_ID: { Proprietary: ["acme"] } }),
    ],
  ];
  it.each(wrongs)("refuses %s", (_, report, spoil) => {
    const good = toCounterReport(anOrder(report), [aRecord({ top_resources: someResources(3) })]);
    const draft: CounterReport = JSON.parse(toCounterJson(good));
    expect(findCounterFaults(toKind(report), draft)).toBe("");
    spoil({ items: draft.Report_Items, header: draft.Report_Header, filters: draft.Report_Header.Report_Filters });
    expect(findCounterFaults(toKind(report), draft)).not.toBe("");
  });
});

interface Draft {
  readonly items: CounterReport["Report_Items"];
  readonly header: object;
  readonly filters: object;
}

/** The last performance: of PR the first is that of searches. */
function firstOf(items: CounterReport["Report_Items"]) {
  const [first] = items;
  const item = first !== undefined && "Items" in first ? first.Items[0] : first;
  const performance = item?.Attribute_Performance.at(-1);
  if (performance === undefined) throw new Error("The report is empty");
  return performance;
}

function setCount(
  items: CounterReport["Report_Items"],
  count: unknown,
  month = "2026-10",
  metric = "Total_Item_Requests",
) {
  Object.assign(firstOf(items).Performance, { [metric]: { [month]: count } });
}

function answer(report: CounterReportId, query: string, facts: Partial<CounterFacts> = {}) {
  const who = "customer_id=barnsetshire&requestor_id=r&api_key=k&begin_date=2026-10&end_date=2026-10";
  return toCounterAnswer(report, new URLSearchParams(`${who}&${query}`), {
    standing: "granted",
    institution: { id: "barnsetshire", name: "Barnsetshire" },
    records: [aRecord({ top_resources: someResources(4) })],
    currentMonth: toMonthOffset(OCTOBER, 1),
    created: "2026-11-24T09:30:00Z",
    platform: ROEBUCK_PLATFORM,
    ...facts,
  });
}
