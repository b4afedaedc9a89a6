import { MINUTES_MAX } from "../schemas/beacon.ts";
import type { SealedBeacon, SealedEvent, SealedNote, StatisticsCell } from "../schemas/event.ts";
import type { Batch, RowOf } from "./batch.ts";
import type { DroppedEvent, LawfulEvent } from "./pipeline.ts";

/** Puts a lawful event into the table of its purpose. */
export function addLawfulRow(batch: Batch, beacon: SealedBeacon, event: SealedEvent, lawful: LawfulEvent): void {
  switch (lawful.purpose) {
    case "engagement":
      if (event.type === "attendance") batch.add("attendance", toAttendanceRow(beacon, event, lawful));
      else batch.add("engagement", toEngagementRow(beacon, event, lawful));
      break;
    case "behaviour":
      batch.add("behaviour", toBehaviourRow(beacon, event, lawful));
      break;
    case "feedback":
      batch.add("feedback", toFeedbackRow(beacon, event, lawful));
      break;
  }
}

/** Counts an event that is not stored: no person, no page. */
export function addDropRow(
  batch: Batch,
  { person }: SealedBeacon,
  { id, type }: SealedEvent,
  { reason, atMs }: DroppedEvent,
): void {
  batch.add("drops", { partner: person.ptn, reason, event_id: id, at: atMs, type });
}

/** Adds a sum of anonymous views. */
export function addStatisticsRow(batch: Batch, cell: StatisticsCell): void {
  const { hourMs, site, path, referrer, country, device, views, visits } = cell;
  batch.add("statistics_hourly", { hour: hourMs, site, path, referrer, country, device, views, visits });
}

/** Adds what a server did to the audit trail. */
export function addNoteRow(batch: Batch, { atMs, actor, action, subject, detail }: SealedNote): void {
  batch.add("audit", { at: atMs, actor, action, subject, detail: JSON.stringify(detail) });
}

function toEngagementRow(
  { person, site }: SealedBeacon,
  event: SealedEvent,
  { atMs, person: pseudonym }: LawfulEvent,
): RowOf<"engagement"> {
  return {
    partner: person.ptn,
    pseudonym: pseudonym.bytes,
    event_id: event.id,
    at: atMs,
    type: event.type,
    acct: person.acct,
    dept: person.dept ?? "",
    site,
    path: event.path,
    resource: event.resource?.id ?? "",
    full: isFull(event) ? 1 : 0,
    referrer: event.referrer ?? "",
    term: event.term ?? "",
    epoch: pseudonym.epoch,
  };
}

function toAttendanceRow(
  { person }: SealedBeacon,
  event: SealedEvent,
  { atMs, person: pseudonym }: LawfulEvent,
): RowOf<"attendance"> {
  return {
    partner: person.ptn,
    pseudonym: pseudonym.bytes,
    event_id: event.id,
    at: atMs,
    acct: person.acct,
    dept: person.dept ?? "",
    event: event.event?.id ?? "",
    title: event.event?.title ?? "",
    kind: event.event?.kind ?? "",
    minutes: Math.max(0, Math.min(MINUTES_MAX, Math.trunc(event.minutes ?? 0))),
    epoch: pseudonym.epoch,
  };
}

/**
 * Whether the use is also a request (COUNTER 5.1, 3.3): a page only if its sender says that it shows the full content;
 * a download or play always, unless the sender says that it is only a part.
 */
function isFull({ type, resource }: SealedEvent): boolean {
  if (resource === undefined) return false;
  return type === "download" || type === "play" ? resource.full !== false : resource.full === true;
}

function toBehaviourRow(
  { person, site, agent }: SealedBeacon,
  event: SealedEvent,
  { atMs, person: pseudonym }: LawfulEvent,
): RowOf<"behaviour"> {
  return {
    partner: person.ptn,
    pseudonym: pseudonym.bytes,
    event_id: event.id,
    at: atMs,
    type: event.type,
    acct: person.acct,
    site,
    path: event.path,
    engaged_ms: event.engagedMs ?? 0,
    scroll_pct: Math.min(100, event.scrollPct ?? 0),
    target: event.target ?? "",
    device: agent.device,
    browser: agent.browser,
    os: agent.os,
    epoch: pseudonym.epoch,
  };
}

function toFeedbackRow(
  { person, site }: SealedBeacon,
  event: SealedEvent,
  { atMs, person: pseudonym }: LawfulEvent,
): RowOf<"feedback"> {
  return {
    partner: person.ptn,
    pseudonym: pseudonym.bytes,
    event_id: event.id,
    at: atMs,
    acct: person.acct,
    site,
    path: event.path,
    resource: event.resource?.id ?? "",
    event: event.event?.id ?? "",
    score: event.score ?? 0,
    comment: event.comment ?? "",
    epoch: pseudonym.epoch,
  };
}
