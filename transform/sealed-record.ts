import { SEALED_VERSION, type SealedRecord } from "../schemas/event.ts";
import { isUuid } from "./arrow-columns.ts";

/** Why a record of the log could not be read. Fixed words: nothing of the record is in them. */
export type Unreadable = "not_json" | "unknown_kind" | "unknown_version" | "malformed";

type Fields = Readonly<Record<string, unknown>>;

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads a record of the `events` stream.
 *
 * Checked by hand, field by field: it runs for every record, and a schema library takes as long as all other steps
 * together. Fields that are not known are left alone; event types and account kinds that are not known pass, for the
 * lawful basis to drop.
 * Pure; never throws.
 */
export function parseSealedRecord(value: Uint8Array): SealedRecord | { readonly unreadable: Unreadable } {
  let parsed: unknown;
  try {
    parsed = JSON.parse(decoder.decode(value));
  } catch {
    return { unreadable: "not_json" };
  }
  if (!isFields(parsed)) return { unreadable: "malformed" };
  const isWhole = toForm(parsed.kind);
  if (isWhole === undefined) return { unreadable: "unknown_kind" };
  if (parsed.v !== SEALED_VERSION) return { unreadable: "unknown_version" };
  if (isWhole(parsed)) return parsed as unknown as SealedRecord; // every field that is used was checked
  return { unreadable: "malformed" };
}

function toForm(kind: unknown): ((fields: Fields) => boolean) | undefined {
  if (kind === "beacon") return isBeacon;
  if (kind === "statistics") return isStatistics;
  return kind === "note" ? isNote : undefined;
}

function isBeacon({ origin, site, receivedMs, person, agent, country, events }: Fields): boolean {
  return (
    isText(origin) &&
    isText(site) &&
    isInstant(receivedMs) &&
    isText(country) &&
    isPerson(person) &&
    isFields(agent) &&
    isText(agent.device) &&
    isText(agent.browser) &&
    isText(agent.os) &&
    typeof agent.robot === "boolean" &&
    Array.isArray(events) &&
    events.every(isEvent)
  );
}

function isPerson(person: unknown): boolean {
  return (
    isFields(person) &&
    isText(person.ref) &&
    isText(person.acct) &&
    isText(person.ptn) &&
    // Only a Partner's own people may write into its rows.
    (person.acct === "partner" || person.ptn === "") &&
    isTextOrAbsent(person.dept) &&
    (person.consent === undefined || isFields(person.consent))
  );
}

function isEvent(event: unknown): boolean {
  return (
    isFields(event) &&
    isText(event.id) &&
    isUuid(event.id) &&
    isText(event.type) &&
    isInstant(event.atMs) &&
    isText(event.path) &&
    isTextOrAbsent(event.title) &&
    isTextOrAbsent(event.referrer) &&
    isTextOrAbsent(event.term) &&
    isTextOrAbsent(event.target) &&
    isTextOrAbsent(event.comment) &&
    isNumberOrAbsent(event.engagedMs) &&
    isNumberOrAbsent(event.scrollPct) &&
    isNumberOrAbsent(event.score) &&
    isNumberOrAbsent(event.minutes) &&
    (event.resource === undefined || isResource(event.resource)) &&
    (event.event === undefined || isAttendedEvent(event.event))
  );
}

function isResource(resource: unknown): boolean {
  return isFields(resource) && isText(resource.id) && isText(resource.type) && isTextOrAbsent(resource.topic);
}

function isAttendedEvent(event: unknown): boolean {
  return isFields(event) && isText(event.id) && isText(event.title) && isText(event.kind);
}

function isNote({ atMs, actor, action, subject, detail }: Fields): boolean {
  return isInstant(atMs) && isText(actor) && isText(action) && isText(subject) && isFields(detail);
}

function isStatistics({ cells, note }: Fields): boolean {
  return Array.isArray(cells) && cells.every(isCell) && (note === undefined || (isFields(note) && isNote(note)));
}

function isCell(cell: unknown): boolean {
  return (
    isFields(cell) &&
    isInstant(cell.hourMs) &&
    isText(cell.site) &&
    isText(cell.path) &&
    isText(cell.referrer) &&
    isText(cell.country) &&
    isText(cell.device) &&
    isCount(cell.views) &&
    isCount(cell.visits)
  );
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function isText(value: unknown): value is string {
  return typeof value === "string";
}
function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}
function isNumberOrAbsent(value: unknown): boolean {
  return value === undefined || (typeof value === "number" && Number.isFinite(value));
}
/** Milliseconds that a JavaScript date can hold. */
function isInstant(value: unknown): boolean {
  return typeof value === "number" && Math.abs(value) <= 8.64e15;
}
function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0; // safe integers are numbers
}
