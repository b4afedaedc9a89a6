import { type EpochMs, toEpochMs } from "../../schemas/ids.ts";
import type { Service } from "../service.ts";
import { addExport, type NotedExport } from "./ledger.ts";

const DAY_MS = 86_400_000;

/** What noting an export needs of the service. */
export type ExportService = Pick<Service, "settings" | "clock">;

/**
 * Puts an export on file with the time at which it goes.
 *
 * @returns a sentence for whoever asked for it: until when the file is there
 */
export function noteExport(
  { settings, clock }: ExportService,
  noted: Omit<NotedExport, "madeMs" | "expiresMs">,
): string {
  const madeMs = clock.nowMs();
  const expiresMs = toExpiryMs(madeMs, settings.exportDays);
  addExport(settings, { ...noted, madeMs, expiresMs });
  const day = new Date(expiresMs).toISOString().slice(0, 10);
  return `Roebuck deletes it on ${day}, or as soon as somebody whose data it may have is erased.`;
}

function toExpiryMs(madeMs: EpochMs, days: number): EpochMs {
  return toEpochMs(madeMs + days * DAY_MS);
}
