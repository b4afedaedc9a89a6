import { toField } from "../../reporting/csv.ts";
import type { EpochMs } from "../../schemas/ids.ts";
import type { PersonChoices } from "../../schemas/journal.ts";
import { toOffsetMs } from "../../schemas/zone.ts";
import type { CommandIo } from "../command-io.ts";
import { type ActKind, beginAct, endAct, type RightsAsked } from "./act.ts";
import { COLUMN_TITLES, KIND_TITLES, toInformation, toLegend } from "./export-words.ts";
import { type HeldRow, readHeldRows, toHeldColumns } from "./held-data.ts";
import { findRefs } from "./log-people.ts";
import { toChoiceLines } from "./lookup.ts";
import { type RightsPerson, toPersonPseudonyms } from "./people.ts";
import { openPersonSet, PERSON_TABLE_NAMES, type PersonTable } from "./person-set.ts";
import { RightsRefused, type RightsService, withRefusalsNoted } from "./refusal.ts";
import type { RightsRequest } from "./requests.ts";

/** Everything that is held about one person, as it is stored, with what must be told about it. */
export interface SubjectExport {
  readonly request: RightsRequest;
  /** Whose data it is, by the keyed reference. Never told. */
  readonly person: RightsPerson | undefined;
  /** UTC. */
  readonly madeMs: EpochMs;
  /** IANA zone in which times are told. */
  readonly zone: string;
  readonly tables: Readonly<Record<PersonTable, readonly HeldRow[]>>;
  readonly choices: PersonChoices | undefined;
  /** Records that could not be read and are about the person, as they lie in the quarantine. */
  readonly quarantine: readonly string[];
  readonly information: Readonly<Record<string, string>>;
}

const EXPORT: ActKind = { action: "subject.export", what: "export the data of", answers: "access" };

/**
 * Reads everything that is held about one person (GDPR Art. 15, 20): all that was received before is stored first, so
 * that it is exactly what is in the tables.
 *
 * @throws RightsRefused without the Partner's instruction, or for more than one person: an export is one person's
 * @throws WarehouseUnavailable, WarehouseRefused, CommandError
 */
export async function exportPerson(
  service: RightsService,
  asked: RightsAsked,
  actor: string,
  io: Pick<CommandIo, "progress" | "signal">,
): Promise<SubjectExport> {
  const tried = { actor, action: EXPORT.action, request: asked.request, partner: asked.people.partner };
  await withRefusalsNoted(service, tried, () => {
    if (asked.people.subs.length > 1)
      throw new RightsRefused(
        "not_possible",
        `Cannot export ${asked.people.subs.length} people at once: name one, so that nobody is given another's data.`,
      );
  });
  const begun = await beginAct(service, asked, EXPORT, actor);
  await service.drain(io);
  const [person] = begun.people;
  const choices = person === undefined ? undefined : service.journal().people.get(person.ref);
  const keys = service.keyFiles.pseudonymKeys();
  const pseudonyms = await toPersonPseudonyms(keys, begun.people, service.journal().people);
  const nowMs = service.clock.nowMs();
  await using set = await openPersonSet(service.warehouse, pseudonyms, nowMs);
  const tables = await readHeldRows(service.warehouse, set);
  await set.requireWhole();
  const quarantine = await readQuarantine(service, new Map(begun.people.map(({ ref }) => [ref, nowMs])));
  const rows = Object.fromEntries(PERSON_TABLE_NAMES.map((table) => [table, tables[table].length]));
  await endAct(service, begun, EXPORT, {
    schema: "roebuck.access/1",
    rows,
    by: actor,
    at: new Date(nowMs).toISOString(),
  });
  return {
    request: begun.request,
    person,
    madeMs: nowMs,
    zone: service.journal().partners.get(asked.people.partner)?.zone ?? service.settings.defaultZone,
    tables,
    choices,
    quarantine,
    information: toInformation(service.settings),
  };
}

/** Looks at every record of the quarantine and empties none. A log that cannot be looked through (Kafka) answers nothing. */
async function readQuarantine(
  service: RightsService,
  refs: Parameters<typeof findRefs>[1],
): Promise<readonly string[]> {
  const found: string[] = [];
  await service.log.blank("quarantine", ({ value }) => {
    const text = new TextDecoder().decode(value);
    const inner = /"value":"([A-Za-z0-9+/=]*)"/.exec(text)?.[1];
    const record = inner === undefined ? text : Buffer.from(inner, "base64").toString();
    if (findRefs(record, refs).length > 0) found.push(record);
    return false;
  });
  return found;
}

/** A time in a zone, with its offset: `2026-11-24T09:30:00.000+00:00`. */
export function toZonedTime(ms: number, zone: string): string {
  const offsetMs = toOffsetMs(zone, ms);
  const minutes = Math.abs(Math.round(offsetMs / 60_000));
  const pad = (value: number) => String(value).padStart(2, "0");
  const sign = offsetMs < 0 ? "-" : "+";
  return `${new Date(ms + offsetMs).toISOString().slice(0, -1)}${sign}${pad(Math.floor(minutes / 60))}:${pad(minutes % 60)}`;
}

/** An export as JSON: every row with the names and values of the store, times with their offset, and a legend. */
export function toExportJson({
  request,
  madeMs,
  zone,
  tables,
  choices,
  quarantine,
  information,
}: SubjectExport): string {
  const time = (ms: number | undefined) => (ms === undefined ? null : toZonedTime(ms, zone));
  const toRow = (row: HeldRow) => ("at" in row ? { ...row, at: toZonedTime(Number(row.at), zone) } : row);
  const body = {
    schema: "roebuck.subject-export/1",
    request: { id: request.id, kind: request.kind, received: time(request.openedMs), due: time(request.dueMs) },
    made_at: time(madeMs),
    time_zone: zone,
    information,
    legend: toLegend(),
    choices: toChoicesJson(choices, time),
    ...Object.fromEntries(PERSON_TABLE_NAMES.map((table) => [table, tables[table].map(toRow)])),
    quarantine,
  };
  return `${JSON.stringify(body, null, 2)}\n`;
}

/** A person's choices as JSON tells them. Pure. */
export function toChoicesJson(
  choices: PersonChoices | undefined,
  time: (ms: number | undefined) => string | null,
): object {
  return {
    consents: (choices?.consents ?? []).map(({ atMs, ...rest }) => ({ ...rest, at: time(atMs) })),
    objections: [...(choices?.objections ?? [])].map(([purpose, atMs]) => ({ purpose, since: time(atMs) })),
    restricted_since: choices?.restricted === true ? time(choices.restrictedMs) : null,
    erased_up_to: time(choices?.erasedMs),
    removed: [...(choices?.removals ?? [])].map(([purpose, atMs]) => ({ purpose, up_to: time(atMs) })),
    forgotten_at: time(choices?.forgottenMs),
    rectifications: (choices?.rectifications ?? []).map(({ atMs, change }) => ({
      at: time(atMs),
      ...(change.dept === undefined ? {} : { dept: change.dept }),
      ...(change.resource === undefined ? {} : { resource: change.resource }),
      ...(change.moveTo === undefined ? {} : { moved_to: change.moveTo.ptn }),
    })),
  };
}

/**
 * An export as one CSV file for a spreadsheet: each row says in its first column what kind of data it is; columns that
 * it has not are empty. RFC 4180 with a byte order mark; what a spreadsheet could take for a formula is prefixed.
 */
export function toExportCsv({
  request,
  madeMs,
  zone,
  tables,
  choices,
  quarantine,
  information,
}: SubjectExport): string {
  const columns = Object.keys(COLUMN_TITLES);
  const toLine = (row: Readonly<Record<string, string | number>>) =>
    columns.map((column) => toField(row[column] ?? "")).join(",");
  const rows: Readonly<Record<string, string | number>>[] = [
    { kind: "This export", at: toZonedTime(madeMs, zone), detail: `request ${request.id}` },
    ...Object.entries(information).map(([name, detail]) => ({
      kind: `Information: ${name.replaceAll("_", " ")}`,
      detail,
    })),
    ...(choices === undefined ? [] : toChoiceLines(choices).map((detail) => ({ kind: "Your choices", detail }))),
    ...PERSON_TABLE_NAMES.flatMap((table) => {
      const names = toHeldColumns(table);
      return tables[table].map((row) => ({
        kind: KIND_TITLES[table],
        // The first column says what kind of data it is, so that the kind of an event has a column of its own.
        ...Object.fromEntries(names.map((name) => [name === "kind" ? "event_kind" : name, row[name] ?? ""])),
        ...("at" in row ? { at: toZonedTime(Number(row.at), zone) } : {}),
      }));
    }),
    ...quarantine.map((detail) => ({ kind: "Could not be read", detail })),
  ];
  const heading = columns.map((column) => toField(COLUMN_TITLES[column] ?? column)).join(",");
  return `\uFEFF${[heading, ...rows.map(toLine)].join("\r\n")}\r\n`;
}

/** An export in a format, UTF-8. */
export function toExport(data: SubjectExport, format: "json" | "csv"): Uint8Array {
  return Buffer.from(format === "csv" ? toExportCsv(data) : toExportJson(data));
}
