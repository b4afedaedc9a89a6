import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type CounterOrder,
  type CounterReport,
  ROEBUCK_PLATFORM,
  toCounterReport,
  toFlatItems,
} from "../../../reporting/counter.ts";
import { toDataType } from "../../../reporting/counter-data-types.ts";
import { COUNTER_EXCEPTIONS } from "../../../reporting/counter-exceptions.ts";
import { type CounterFacts, toCounterAnswer } from "../../../reporting/counter-request.ts";
import { toCounterTsv } from "../../../reporting/counter-tsv.ts";
import { COUNTER_METRICS } from "../../../reporting/counter-usage.ts";
import { type Month, toMonthOffset } from "../../../schemas/ids.ts";
import { anEmptyRecord, aRecord, OCTOBER, someFigures, someResources } from "../../fixtures/a-record.ts";

function anOrder(parts: Partial<CounterOrder> = {}): CounterOrder {
  return {
    report: "PR",
    institution: { id: "barnsetshire", name: "Barnsetshire County Council" },
    begin: OCTOBER,
    end: OCTOBER,
    created: "2026-11-24T09:30:00Z",
    platform: ROEBUCK_PLATFORM,
    ...parts,
  };
}

/** What a metric adds up to in a month, over a whole report. */
function sumOf(report: CounterReport, metric: (typeof COUNTER_METRICS)[number], month: Month): number {
  return toFlatItems(report)
    .flatMap((item) => item.Attribute_Performance)
    .reduce((sum, { Performance }) => sum + (Performance[metric]?.[month] ?? 0), 0);
}

function allCounts(report: CounterReport): number[] {
  return toFlatItems(report)
    .flatMap((item) => item.Attribute_Performance)
    .flatMap(({ Performance }) => Object.values(Performance).flatMap((months) => Object.values(months)));
}

const codes = (report: CounterReport) => (report.Report_Header.Exceptions ?? []).map(({ Code }) => Code);

describe("toCounterReport()", () => {
  it("agrees with the record's totals in every metric, whatever the size and however much is withheld", () => {
    const cases = fc.tuple(fc.integer({ min: 0, max: 400 }), fc.nat({ max: 5 }));
    fc.assert(
      fc.property(cases, ([percent, withheld]) => {
        const kinds = aRecord().by_kind.map((row, index) => {
          const cell = index < withheld ? null : Math.floor(percent / 2);
          const cells = { uniqueRequests: cell, totalRequests: cell, people: cell };
          return { ...row, ...cells, uniqueInvestigations: cell, totalInvestigations: cell };
        });
        const record = aRecord({ figures: someFigures(percent / 100 + 0.5), by_kind: kinds });
        const report = toCounterReport(anOrder(), [record]);
        for (const metric of COUNTER_METRICS) expect(sumOf(report, metric, OCTOBER)).toBe(record.figures[metric]);
        for (const count of allCounts(report)) expect(Number.isInteger(count) && count > 0).toBe(true);
      }),
    );
  });

  it("has the header of the Code", () => {
    expect(toCounterReport(anOrder(), [aRecord()]).Report_Header).toEqual({
      Report_Name: "Platform Report",
      Report_ID: "PR",
      Release: "5.1",
      Institution_Name: "Barnsetshire County Council",
      Institution_ID: { Proprietary: ["roebuck:barnsetshire"] },
      Report_Filters: { Begin_Date: "2026-10-01", End_Date: "2026-10-31" },
      Created: "2026-11-24T09:30:00Z",
      Created_By: "Roebuck",
      Registry_Record: "",
    });
  });

  it("puts searches under Platform and sums kinds of one Data_Type", () => {
    const record = aRecord();
    const types = toFlatItems(toCounterReport(anOrder(), [record]))[0]?.Attribute_Performance ?? [];
    expect(types.find((type) => type.Data_Type === "Platform")?.Performance).toEqual({
      Searches_Platform: { [OCTOBER]: record.figures.Searches_Platform },
    });
    const films = record.by_kind.filter(({ id }) => id === "video" || id === "webinar");
    expect(types.find((type) => type.Data_Type === "Audiovisual")?.Performance.Unique_Item_Requests?.[OCTOBER]).toBe(
      films.reduce((sum, row) => sum + (row.uniqueRequests ?? 0), 0),
    );
    expect(new Set(types.map((type) => type.Data_Type)).size).toBe(types.length);
  });

  it("leaves withheld items out of IR and says so", () => {
    const record = aRecord();
    const report = toCounterReport(anOrder({ report: "IR" }), [record]);
    const shown = record.top_resources.filter((row) => row.people !== null);
    expect(toFlatItems(report).map((item) => item.Item_ID?.Proprietary)).toEqual(
      shown.map(({ id }) => `roebuck:${id}`),
    );
    for (const [index, row] of shown.entries()) {
      const performance = toFlatItems(report)[index]?.Attribute_Performance[0]?.Performance;
      expect(performance?.Unique_Item_Requests).toEqual({ [OCTOBER]: row.uniqueRequests });
    }
    expect(codes(report)).toEqual([3040]);
  });

  it("says in PR that a withheld kind is Unspecified", () => {
    const kinds = aRecord().by_kind.map((row) => ({ ...row, people: null, uniqueRequests: null }));
    expect(codes(toCounterReport(anOrder(), [aRecord({ by_kind: kinds })]))).toEqual([1]);
  });

  it.each([
    ["nothing was used", [anEmptyRecord()], OCTOBER, OCTOBER, [3030]],
    ["a month is not closed", [aRecord()], OCTOBER, toMonthOffset(OCTOBER, 1), [3031]],
    ["a month is before the first", [aRecord()], toMonthOffset(OCTOBER, -1), OCTOBER, [3032]],
    ["no month is closed", [], OCTOBER, OCTOBER, [3031]],
  ])("explains when %s", (_, records, begin, end, expected) => {
    expect(codes(toCounterReport(anOrder({ begin, end }), records))).toEqual(expected);
  });
});

describe("toCounterTsv()", () => {
  const lines = (report: CounterReport) => toCounterTsv(report).replace("\uFEFF", "").split("\r\n");

  it("has 13 rows of header, an empty one and the columns of the Code", () => {
    const pr = lines(toCounterReport(anOrder({ begin: toMonthOffset(OCTOBER, -1) }), [aRecord()]));
    expect(pr.slice(0, 13).map((line) => line.split("\t")[0])).toEqual([
      ...["Report_Name", "Report_ID", "Release", "Institution_Name", "Institution_ID", "Metric_Types"],
      ...["Report_Filters", "Report_Attributes", "Exceptions", "Reporting_Period", "Created", "Created_By"],
      "Registry_Record",
    ]);
    expect(pr[13]).toBe("");
    expect(pr[14]).toBe("Platform\tData_Type\tMetric_Type\tReporting_Period_Total\tSep-2026\tOct-2026");
    expect(pr[15]).toBe("Roebuck\tPlatform\tSearches_Platform\t638\t0\t638");
  });

  it("has the access method, filters and attributes where they are asked for", () => {
    const filters = { dataTypes: ["Report", "Sound"], accessMethods: ["Regular"] } as const;
    const attributes = { Attributes_To_Show: ["Access_Method"] } as const;
    const pr = lines(toCounterReport(anOrder({ filters, attributes }), [aRecord()]));
    expect(pr.slice(5, 8)).toEqual([
      "Metric_Types\t",
      "Report_Filters\tData_Type=Report|Sound; Access_Method=Regular",
      "Report_Attributes\tAttributes_To_Show=Access_Method",
    ]);
    expect(pr[14]).toContain("Platform\tData_Type\tAccess_Method\tMetric_Type\t");
    expect(pr[15]).toContain("Roebuck\tReport\tRegular\tTotal_Item_Investigations\t");
  });

  it("keeps every row of IR as long as its heading, and runs no formula", () => {
    const rows = someResources(3).map((row) => ({ ...row, title: "=HYPERLINK(1)\tx" }));
    const ir = lines(toCounterReport(anOrder({ report: "IR" }), [aRecord({ top_resources: rows })])).slice(14, -1);
    expect(new Set(ir.map((line) => line.split("\t").length)).size).toBe(1);
    for (const line of ir.slice(1)) expect(line.startsWith("'=HYPERLINK(1) x\tRoebuck\t")).toBe(true);
  });

  it.each([
    ['"Neglect" and after', '"""Neglect"" and after"'],
    ['=HYPERLINK("x")', `"'=HYPERLINK(""x"")"`],
    ["\t+1", "'+1"],
    ["\uff1d1", "'\uff1d1"],
    ['"=1+1"', `"'""=1+1"""`],
    ['  " @SUM(A1)', `"'"" @SUM(A1)"`],
  ])("writes the title %j so that a spreadsheet reads it back and runs nothing", (title, written) => {
    const rows = someResources(1).map((row) => ({ ...row, title }));
    const ir = lines(toCounterReport(anOrder({ report: "IR" }), [aRecord({ top_resources: rows })])).slice(15, -1);
    expect(ir.length).toBeGreaterThan(0);
    for (const line of ir) expect(line.split("\t")[0]).toBe(written);
  });
});

describe("toCounterAnswer()", () => {
  const FACTS: CounterFacts = {
    standing: "granted",
    institution: { id: "barnsetshire", name: "Barnsetshire" },
    records: [aRecord()],
    currentMonth: toMonthOffset(OCTOBER, 1),
    created: "2026-11-24T09:30:00Z",
    platform: ROEBUCK_PLATFORM,
  };
  const WHO = "customer_id=barnsetshire&requestor_id=r&api_key=k";
  const ask = (dates: string, facts: Partial<CounterFacts> = {}) =>
    toCounterAnswer("PR", new URLSearchParams(`${WHO}&${dates}`), { ...FACTS, ...facts });
  const DATES = "begin_date=2026-10&end_date=2026-10-31";

  it.each([
    ["too_many_requests", 429, 1020],
    ["requestor_unknown", 401, 2000],
    ["not_authorised", 403, 2010],
    ["key_invalid", 401, 2020],
  ] as const)("refuses when access says %s", (standing, status, code) => {
    const answer = ask(DATES, { standing });
    expect(answer).toEqual({ status, body: { Code: code, Message: COUNTER_EXCEPTIONS[standing].message } });
  });

  it.each([
    ["begin_date=2026-10", 1030],
    ["begin_date=2026-13&end_date=2026-13", 3020],
    ["begin_date=2026-10-02&end_date=2026-10", 3020],
    ["begin_date=2026-10&end_date=2026-09", 3020],
    ["begin_date=2026-11&end_date=2026-11", 3020],
  ])("refuses %s with %i", (dates, Code) => {
    expect(ask(dates)).toMatchObject({ status: 400, body: { Code } });
  });

  it.each([
    [DATES, undefined],
    [`${DATES}&colour=red`, [{ Code: 3050, Data: "colour" }]],
    [`${DATES}&metric_type=Visits`, [{ Code: 3060, Data: "metric_type: Visits" }]],
    ["begin_date=2026-10&end_date=2026-12", [{ Code: 3031 }]],
  ])("answers %s with a report and its exceptions", (dates, exceptions) => {
    const { status, body } = ask(dates);
    expect(status).toBe(200);
    expect(body).toMatchObject({ Report_Header: { Report_Filters: { End_Date: "2026-10-31" } } });
    if (exceptions === undefined) expect(body).not.toHaveProperty("Report_Header.Exceptions");
    else expect(body).toMatchObject({ Report_Header: { Exceptions: exceptions } });
  });

  const askFor = (query: string, report: "PR" | "IR" = "IR", facts: Partial<CounterFacts> = {}) => {
    const records = [aRecord({ top_resources: someResources(8) })];
    const { body } = toCounterAnswer(report, new URLSearchParams(`${WHO}&${DATES}&${query}`), {
      ...FACTS,
      records,
      ...facts,
    });
    if (!("Report_Items" in body)) throw new Error("no report");
    return body;
  };
  const faults = (report: CounterReport) =>
    (report.Report_Header.Exceptions ?? []).flatMap(({ Code, Data }) => (Code > 3040 ? [[Code, Data]] : []));
  const performances = (report: CounterReport) => toFlatItems(report).flatMap((item) => item.Attribute_Performance);

  it("gives one item, whole, by the id that the report has for it", () => {
    const one = askFor("item_id=roebuck:pg-104");
    expect(toFlatItems(one)).toEqual(toFlatItems(askFor("")).slice(0, 1));
    expect(one.Report_Header.Report_Filters.Item_ID).toBe("roebuck:pg-104");
    expect(toFlatItems(askFor("item_id=pg-104"))).toEqual([]);
    expect(faults(askFor("item_id=roebuck:pg-104", "PR"))).toEqual([[3050, "item_id"]]);
  });

  it.each(["PR", "IR"] as const)(
    "filters %s by data type exactly, each once, and names those of no usage in the header",
    (report) => {
      const body = askFor("data_type=Report|Book|Report", report);
      expect(body.Report_Header.Report_Filters.Data_Type).toEqual(["Book", "Report"]);
      const all = performances(askFor("", report)).filter(({ Data_Type }) => Data_Type === "Report");
      expect(performances(body)).toEqual(all);
      expect(all.length).toBeGreaterThan(0);
      expect(codes(askFor("data_type=Book", report))).toEqual([report === "PR" ? 3030 : 3040]);
    },
  );

  it("counts everything as Regular, and nothing as TDM", () => {
    expect(performances(askFor("access_method=Regular"))).toEqual(performances(askFor("")));
    expect(performances(askFor("access_method=Regular|TDM"))).toEqual(performances(askFor("")));
    const mined = askFor("access_method=TDM");
    expect([mined.Report_Header.Report_Filters.Access_Method, toFlatItems(mined), codes(mined)]).toEqual([
      ["TDM"],
      [],
      [3030],
    ]);
  });

  it("shows the access method only where it is asked for", () => {
    const plain = askFor("", "PR");
    expect(plain.Report_Header).not.toHaveProperty("Report_Attributes");
    expect(performances(plain).every((one) => !("Access_Method" in one))).toBe(true);
    const shown = askFor("attributes_to_show=Access_Method&granularity=Month", "PR");
    expect(shown.Report_Header.Report_Attributes).toEqual({
      Attributes_To_Show: ["Access_Method"],
      Granularity: "Month",
    });
    expect(performances(shown)).toEqual(performances(plain).map((one) => ({ ...one, Access_Method: "Regular" })));
  });

  it.each([
    ["yop=2020&access_type=Open", [[3050, "yop, access_type"]]],
    ["metric_type=Searches_Platform", [[3060, "metric_type: Searches_Platform"]]],
    ["data_type=guide|Report", [[3060, "data_type: guide"]]],
    ["data_type=Platform", [[3060, "data_type: Platform"]]],
    ["access_method=regular", [[3060, "access_method: regular"]]],
    ["platform=Elsewhere", [[3060, "platform: Elsewhere"]]],
    ["platform=Roebuck", []],
    ["attributes_to_show=YOP|Access_Method", [[3062, "attributes_to_show: YOP"]]],
    ["granularity=Totals", [[3062, "granularity: Totals"]]],
  ])("ignores what it cannot heed in %s and says so", (query, expected) => {
    const body = askFor(query);
    expect(faults(body)).toEqual(expected);
    expect(toFlatItems(body).length).toBeGreaterThan(0);
  });

  it("gives only the metrics that are asked for", () => {
    const { body } = ask(`${DATES}&metric_type=Searches_Platform`);
    if (!("Report_Items" in body)) throw new Error("no report");
    expect(body.Report_Header.Report_Filters.Metric_Type).toEqual(["Searches_Platform"]);
    expect(allCounts(body)).toEqual([638]);
  });
});

describe("toDataType()", () => {
  it.each([
    ["guide", "Report"],
    ["Video", "Audiovisual"],
    ["constructor", "Other"],
    ["", "Unspecified"],
  ])("maps %j to %s", (kind, type) => {
    expect(toDataType(kind)).toBe(type);
  });
});
