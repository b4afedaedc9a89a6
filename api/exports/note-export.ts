import { type EpochMs, toEpochMs } from "../../schemas/ids.ts";
import type { Service } from "../service.ts";
import { addExport, type NotedExport } from "./ledger.ts";

const DAY_MS = 86_400_000;
/** Whoever exports in the last hour of a row's year has this long to hand the file over, ms. */
const HAND_OVER_MS = 3_600_000;

/** What noting an export needs of the service. */
export type ExportService = Pick<Service, "settings" | "clock">;

/**
 * Puts an export on file with the time at which it goes: after ROEBUCK_EXPORT_DAYS, or when the oldest row in it passes
 * the time for which rows may be kept.
 *
 * @param oldestMs when the oldest row of the export happened, UTC; absent: it has none, or nobody knows
 * @returns a sentence for whoever asked for it: until when the file is there
 */
export function noteExport(
  { settings, clock }: ExportService,
  noted: Omit<NotedExport, "madeMs" | "expiresMs">,
  oldestMs?: number,
): string {
  const madeMs = clock.nowMs();
  const expiresMs = toExpiryMs(madeMs, settings, oldestMs);
  addExport(settings, { ...noted, madeMs, expiresMs });
  const [day, time] = new Date(expiresMs).toISOString().split(/[T.]/);
  return `Roebuck deletes it on ${day} at ${time?.slice(0, 5)} UTC, or as soon as somebody whose data it may have is erased.`;
}

/** When an export goes, UTC. Rows of a UTC day go from the first moment of the day that is `retentionDays` later on. Pure. */
export function toExpiryMs(
  madeMs: EpochMs,
  { exportDays, retentionDays }: Pick<ExportService["settings"], "exportDays" | "retentionDays">,
  oldestMs: number | undefined,
): EpochMs {
  const latestMs = madeMs + exportDays * DAY_MS;
  if (oldestMs === undefined) return toEpochMs(latestMs);
  const overMs = Math.floor(oldestMs / DAY_MS) * DAY_MS + retentionDays * DAY_MS;
  return toEpochMs(Math.min(latestMs, Math.max(overMs, madeMs + HAND_OVER_MS)));
}
