import { toEpochMs } from "../../schemas/ids.ts";
import type { Log, StoredRecord } from "../../schemas/ports.ts";
import { TRANSFORM_GROUP } from "../../transform/worker.ts";
import type { Service } from "../service.ts";
import { toUtcDay } from "./due.ts";

const HOUR_MS = 3_600_000;

/** What left the log. */
export interface LogExpiry {
  readonly events: number;
  readonly quarantine: number;
}

/**
 * Removes stored events and quarantined records from the log once they are as old as the settings say. What the
 * warehouse has not taken yet stays, however old.
 *
 * @throws LogUnavailable
 */
export async function expireLog({
  settings,
  clock,
  log,
  storedUntilMs,
}: Pick<Service, "settings" | "clock" | "log" | "storedUntilMs">): Promise<LogExpiry> {
  const beforeMs = toEpochMs(Math.min(clock.nowMs() - settings.logRetentionHours * HOUR_MS, storedUntilMs()));
  return { events: await log.expire("events", beforeMs), quarantine: await log.expire("quarantine", beforeMs) };
}

/**
 * Empties records of the log that hold an event of a day that must be gone and are stored. Only an import can bring
 * such events: it was received lately, and tells of what happened nearly a year ago.
 *
 * @returns how many; `by retention` where the bytes leave with the log's own hours (Kafka)
 * @throws LogUnavailable
 */
export async function blankExpiredImports(log: Log, lastDay: string): Promise<number | "by retention"> {
  const stored = await log.positions("events", TRANSFORM_GROUP);
  const before = Math.min(...stored.values()); // a log that can blank has one partition
  return log.blank("events", (record) => record.offset < before && isExpiredImport(record, lastDay));
}

function isExpiredImport({ value }: StoredRecord, lastDay: string): boolean {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (!bytes.includes('"import"')) return false; // parsing a whole log would take minutes
  try {
    const record: unknown = JSON.parse(bytes.toString());
    return isImport(record) && record.events.some(({ atMs }) => toUtcDay(atMs) <= lastDay);
  } catch {
    return false; // unreadable: it is in the quarantine, and leaves by its hours
  }
}

function isImport(record: unknown): record is { readonly events: readonly { readonly atMs: number }[] } {
  if (typeof record !== "object" || record === null) return false;
  const { origin, events } = record as { origin?: unknown; events?: unknown }; // looked at below
  return origin === "import" && Array.isArray(events) && events.every((event) => Number.isFinite(event?.atMs));
}
