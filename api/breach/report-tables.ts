import { toField } from "../../reporting/csv.ts";
import type { EpochMs } from "../../schemas/ids.ts";
import { toTable } from "../table.ts";
import type { Impact } from "./impact.ts";
import { type BreachReport, TO_FILL_IN, toRows, VIEW_WORDS } from "./report.ts";
import { toTime } from "./span.ts";

const COUNT = new Intl.NumberFormat("en-GB");

function toIso(ms: EpochMs): string {
  return new Date(ms).toISOString();
}

/** What stands in every JSON of a report, for whichever controllers it is. Pure. */
export function toBreachJson(report: BreachReport, impacts: readonly Impact[]): string {
  const { view, span, madeMs, organisation, contact, keyPlace, goneDays, waiting } = report;
  const filled = Object.fromEntries(Object.keys(TO_FILL_IN).map((name) => [name, null]));
  const content = {
    schema: report.schema,
    from: toIso(span.fromMs),
    until: toIso(span.untilMs),
    counted_at: toIso(madeMs),
    what: view,
    what_words: VIEW_WORDS[view],
    processor: organisation,
    contact: contact === "" ? null : contact,
    pseudonymised: true,
    keys: keyPlace,
    deleted_since: goneDays ?? null,
    records_not_stored_yet: waiting,
    to_fill_in: filled,
    controllers: impacts.map((impact) => ({
      partner: impact.partner === "" ? null : impact.partner,
      name: impact.name,
      officers: impact.officers,
      people_at_least: impact.peopleAtLeast,
      people_at_most: impact.peopleAtMost,
      restricted_at_most: impact.restricted,
      erased_since: impact.erasedSince,
      instruction_on_file: impact.hasInstruction,
      contract_ended: impact.hasLeft,
      data: impact.lines,
    })),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function toCsvText(rows: readonly (readonly (string | number)[])[]): string {
  return `\uFEFF${rows.map((row) => row.map(toField).join(",")).join("\r\n")}\r\n`;
}

/** The counts as CSV (RFC 4180, no cell that a spreadsheet takes for a formula): a line a table, and a line a kind of data in it. Pure. */
export function toCountsCsv(impacts: readonly Impact[]): string {
  const rows: (string | number)[][] = [
    [
      "partner",
      "name",
      "store",
      "table",
      "data",
      "purpose",
      "records",
      "people_at_most",
      "restricted_at_most",
      "records_without_person",
      "first_day",
      "last_day",
      "days",
    ],
  ];
  for (const impact of impacts) {
    const { partner, name, lines, peopleAtMost, restricted } = impact;
    rows.push([partner, name, "", "", "all", "", toRows(impact), peopleAtMost, restricted, "", "", "", ""]);
    for (const { store, table, title, purpose, parts, days, ...line } of lines) {
      const about = [partner, name, store, table];
      rows.push([
        ...about,
        title,
        purpose,
        line.rows,
        line.people,
        line.restricted,
        line.unlinked,
        days?.first ?? "",
        days?.last ?? "",
        days?.count ?? "",
      ]);
      for (const part of parts) rows.push([...about, part.title, purpose, part.rows, part.people, "", "", "", "", ""]);
    }
  }
  return toCsvText(rows);
}

/** Whom to send what, as CSV: a line for each officer, or for a controller without one. Pure. */
export function toSendListCsv(impacts: readonly Impact[], toFolder: (impact: Impact) => string): string {
  const rows = impacts
    .filter(({ partner }) => partner !== "")
    .flatMap((impact) => {
      const officers = impact.officers.length === 0 ? [{ name: "", email: "" }] : impact.officers;
      return officers.map(({ name, email }) => [
        impact.partner,
        impact.name,
        name,
        email,
        `${toFolder(impact)}/notice.md`,
      ]);
    });
  return toCsvText([["partner", "name", "officer", "email", "notice"], ...rows]);
}

/** The report for the operator, a line each. Pure. */
export function toSummaryLines(report: BreachReport): readonly string[] {
  const { view, span, madeMs, impacts, unaffected, goneDays, waiting, keyPlace, contact } = report;
  const rows = impacts.map((impact) => [
    impact.partner === "" ? "(own accounts)" : impact.partner,
    COUNT.format(impact.peopleAtLeast),
    COUNT.format(impact.peopleAtMost),
    COUNT.format(impact.restricted),
    COUNT.format(toRows(impact)),
    impact.partner === "" ? "-" : String(impact.officers.length),
  ]);
  const alone = impacts.filter(({ partner, officers }) => partner !== "" && officers.length === 0);
  return [
    `Incident from ${toTime(span.fromMs)} until ${toTime(span.untilMs)}, counted ${toTime(madeMs)}.`,
    `Counted: ${VIEW_WORDS[view]}.`,
    ...(impacts.length === 0
      ? ["Nothing of anybody is found in the stores for this time."]
      : toTable(["Controller", "People, at least", "At most", "Restricted", "Records", "Officers"], rows)),
    ...(unaffected.length === 0 ? [] : [`Nothing of: ${unaffected.join(", ")}.`]),
    ...(goneDays === undefined
      ? []
      : [`Rows of ${goneDays.first} to ${goneDays.last} were there and are deleted since: affected, not countable.`]),
    ...(waiting === 0
      ? []
      : [`${COUNT.format(waiting)} records wait on the log and are not counted: ask again when they are stored.`]),
    ...(keyPlace === "data" ? ["The key files lie in the data folder, beside the records: the notices say so."] : []),
    ...(alone.length === 0
      ? []
      : [`No Link Officer is on file for: ${alone.map(({ partner }) => partner).join(", ")}.`]),
    ...(contact === "" ? ["ROEBUCK_PRIVACY_CONTACT is not set: the notices have a gap for the contact point."] : []),
  ];
}
