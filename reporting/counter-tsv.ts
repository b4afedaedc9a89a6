import { type Month, parseMonth } from "../schemas/ids.ts";
import { type CounterReport, type CounterReportItem, toFlatItems, toMonths } from "./counter.ts";
import { toQuoted, toSafeText } from "./csv.ts";

const PLATFORM_COLUMNS = ["Platform", "Data_Type"] as const;
const ITEM_COLUMNS = [
  ...["Item", "Publisher", "Publisher_ID", "Platform", "DOI", "Proprietary_ID", "ISBN", "Print_ISSN", "Online_ISSN"],
  ...["URI", "Data_Type"],
];

/**
 * A report as the Code's table: 13 rows of header, an empty one, the column names, one row a Data_Type and metric.
 *
 * UTF-8 with a byte order mark, tabs, CRLF. A month without usage is 0 (3.3.9). A text that a spreadsheet could take
 * for a formula is prefixed with `'`; one with quotes is quoted, since spreadsheets read a quote as the start of a field.
 *
 * @see COUNTER 5.1, 3.2 (Table 3.f), 4.1 and 4.4
 */
export function toCounterTsv(report: CounterReport): string {
  const { Report_Header: header } = report;
  const months = toMonths(toMonthOf(header.Report_Filters.Begin_Date), toMonthOf(header.Report_Filters.End_Date));
  const columns: readonly string[] = [
    ...(header.Report_ID === "PR" ? PLATFORM_COLUMNS : ITEM_COLUMNS),
    ...(header.Report_Attributes?.Attributes_To_Show ?? []),
  ];
  const lines = [
    ...toHead(report),
    [],
    [...columns, "Metric_Type", "Reporting_Period_Total", ...months.map(toColumnName)],
    ...toFlatItems(report).flatMap((item) => toRows(item, columns, months)),
  ];
  return `\uFEFF${lines.map((line) => line.map(toSafe).join("\t")).join("\r\n")}\r\n`;
}

function toHead({ Report_Header: header }: CounterReport): string[][] {
  const { Begin_Date, End_Date, Metric_Type, ...filters } = header.Report_Filters;
  const exceptions = (header.Exceptions ?? []).map(
    ({ Code, Message, Data }) => `${Code}: ${Message}${Data === undefined ? "" : ` (${Data})`}`,
  );
  return [
    ["Report_Name", header.Report_Name],
    ["Report_ID", header.Report_ID],
    ["Release", header.Release],
    ["Institution_Name", header.Institution_Name],
    ["Institution_ID", header.Institution_ID.Proprietary.join("; ")],
    ["Metric_Types", (Metric_Type ?? []).join("; ")],
    ["Report_Filters", toPairs(filters)],
    ["Report_Attributes", toPairs({ ...header.Report_Attributes })],
    ["Exceptions", exceptions.join("; ")],
    ["Reporting_Period", `Begin_Date=${Begin_Date}; End_Date=${End_Date}`],
    ["Created", header.Created],
    ["Created_By", header.Created_By],
    ["Registry_Record", header.Registry_Record],
  ];
}

/** `Data_Type=Report|Sound; Access_Method=Regular`. */
function toPairs(pairs: Readonly<Record<string, string | readonly string[] | undefined>>): string {
  return Object.entries(pairs)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : (value ?? []).join("|")}`)
    .join("; ");
}

function toRows(item: CounterReportItem, columns: readonly string[], months: readonly Month[]): string[][] {
  return item.Attribute_Performance.flatMap((one) => {
    const values: Readonly<Record<string, string | undefined>> = {
      Item: item.Item,
      Publisher: item.Publisher,
      Publisher_ID: item.Publisher_ID?.Proprietary.join("; "),
      Platform: item.Platform,
      Proprietary_ID: item.Item_ID?.Proprietary,
      Data_Type: one.Data_Type,
      Access_Method: one.Access_Method,
    };
    return Object.entries(one.Performance).map(([metric, counts]) => {
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
      const cells = months.map((month) => String(counts[month] ?? 0));
      return [...columns.map((column) => values[column] ?? ""), metric, String(total), ...cells];
    });
  });
}

/** `2026-10` as `Oct-2026`. */
function toColumnName(month: Month): string {
  const [year = "", number = "1"] = month.split("-");
  const names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  return `${names[Number(number) - 1] ?? number}-${year}`;
}

function toMonthOf(date: string): Month {
  const month = parseMonth(date.slice(0, 7));
  if (month === undefined) throw new Error(`Cannot write the report of ${date}: its dates must be yyyy-mm-dd`);
  return month;
}

function toSafe(text: string): string {
  const safe = toSafeText(text);
  return safe.includes('"') ? toQuoted(safe) : safe;
}
