import type { SealedBeacon } from "../schemas/event.ts";
import { toEpochMs, toStoreTime } from "../schemas/ids.ts";
import type { LogRecord } from "../schemas/ports.ts";
import { DROP_REASONS, type DropReason } from "../schemas/verdict.ts";
import { CommandError, type CommandIo } from "./command-io.ts";
import type { Service } from "./service.ts";

/** Records that are made durable at once. */
const APPEND_RECORDS = 1_000;
const DAY_MS = 86_400_000;

/** What became of imported events. */
export interface Imported {
  /** Not stored before. */
  readonly added: number;
  /** Stored before with fewer minutes. */
  readonly longer: number;
  /** Stored before: nothing of them was sent. */
  readonly known: number;
  /** Sent and not stored, by reason. */
  readonly dropped: ReadonlyMap<DropReason, number>;
}

/** One event under a sealed person. */
export interface ImportedEvent {
  readonly sealed: SealedBeacon;
  readonly id: string;
  /** Another id that it may be stored under, if that is of the same Partner. */
  readonly formerId?: string;
  readonly atMs: number;
  /** 0 where length means nothing. */
  readonly minutes: number;
}

/** The one event of a sealed beacon. Throws if it has none. @param formerId see {@link ImportedEvent} */
export function toImportedEvent(sealed: SealedBeacon, formerId?: string): ImportedEvent {
  const [event] = sealed.events;
  if (event === undefined) throw new Error("Cannot import a beacon without an event: it must have one");
  const former = formerId === undefined || formerId === event.id ? {} : { formerId };
  return { sealed, id: event.id, ...former, atMs: event.atMs, minutes: event.minutes ?? 0 };
}

/**
 * Sends events through the log and waits until they are stored. Those that are stored already are left out, so that the same
 * file twice adds no row; what a stop has cut off is sent by the next import.
 *
 * @throws CommandError when it is stopped or the warehouse takes nothing
 */
export async function importOnce(
  service: Service,
  table: "attendance" | "feedback",
  events: readonly ImportedEvent[],
  io: CommandIo,
): Promise<Imported> {
  const stored = await readStored(service, table, events);
  const isFresh = (event: ImportedEvent) =>
    (stored.get(event.id)?.minutes ?? -1) < event.minutes && !isStoredAsBefore(event, stored);
  const fresh = events.filter(isFresh);
  const longer = fresh.filter(({ id }) => stored.has(id)).length;
  for (let first = 0; first < fresh.length; first += APPEND_RECORDS) {
    if (io.signal.aborted)
      throw new CommandError("Stopped. Import the file again: what is in already does not count twice.");
    await service.log.append("events", fresh.slice(first, first + APPEND_RECORDS).map(toRecord));
    io.progress("events imported", Math.min(first + APPEND_RECORDS, fresh.length), fresh.length);
  }
  await service.drain(io);
  const dropped = await readDropped(service, table, fresh);
  const lost = [...dropped.values()].reduce((sum, count) => sum + count, 0);
  return { added: fresh.length - longer - lost, longer, known: events.length - fresh.length, dropped };
}

/** What became of imported events, in words. */
export function toImportedWords({ added, longer, known, dropped }: Imported): readonly string[] {
  const told = [
    `${added.toLocaleString("en-GB")} new`,
    ...(longer > 0 ? [`${longer} with more minutes than before`] : []),
    ...(known > 0 ? [`${known.toLocaleString("en-GB")} in already`] : []),
  ];
  const reasons = [...dropped].map(([reason, count]) => `${count} ${DROP_REASONS[reason].title} (${reason})`);
  return [
    `${told.join(", ")}.`,
    ...(reasons.length === 0 ? [] : [`Not stored, and counted as such: ${reasons.join(", ")}.`]),
  ];
}

function toRecord({ sealed }: ImportedEvent): LogRecord {
  return { key: sealed.person.ref, value: Buffer.from(JSON.stringify(sealed)) };
}

function isStoredAsBefore({ formerId = "", sealed }: ImportedEvent, stored: ReadonlyMap<string, Stored>): boolean {
  return stored.get(formerId)?.partner === sealed.person.ptn;
}

interface Stored {
  readonly minutes: number;
  readonly partner: string;
}

/** By id the Partner and the most minutes, of the days that the events are of and those beside: another zone may have been given before. */
async function readStored(
  service: Service,
  table: "attendance" | "feedback",
  events: readonly ImportedEvent[],
): Promise<ReadonlyMap<string, Stored>> {
  if (events.length === 0) return new Map();
  const times = events.map(({ atMs }) => atMs);
  const least = times.reduce((one, other) => Math.min(one, other));
  const most = times.reduce((one, other) => Math.max(one, other));
  const rows = await service.warehouse.rows<{ id: string; minutes: number; of: string }>({
    sql: `SELECT toString(event_id) AS id, ${table === "attendance" ? "max(minutes)" : "0"} AS minutes, any(partner) AS of FROM ${table}
          WHERE at >= parseDateTime64BestEffort({from:String}, 3, 'UTC') AND at <= parseDateTime64BestEffort({until:String}, 3, 'UTC')
          GROUP BY event_id`,
    parameters: { from: toStoreTime(toEpochMs(least - DAY_MS)), until: toStoreTime(toEpochMs(most + DAY_MS)) },
  });
  return new Map(rows.map(({ id, minutes, of }) => [id, { minutes: Number(minutes), partner: of }]));
}

/** Of events that were sent and are not there: why. */
async function readDropped(
  service: Service,
  table: "attendance" | "feedback",
  sent: readonly ImportedEvent[],
): Promise<ReadonlyMap<DropReason, number>> {
  const dropped = new Map<DropReason, number>();
  const stored = await readStored(service, table, sent);
  const missing = new Set(sent.filter(({ id }) => !stored.has(id)).map(({ id }) => id));
  if (missing.size === 0) return dropped;
  const rows = await service.warehouse.rows<{ id: string; reason: DropReason }>({
    sql: "SELECT toString(event_id) AS id, argMax(reason, at) AS reason FROM drops WHERE type = {type:String} GROUP BY event_id",
    parameters: { type: table },
  });
  for (const { id, reason } of rows) {
    if (missing.has(id)) dropped.set(reason, (dropped.get(reason) ?? 0) + 1);
  }
  return dropped;
}
