import type { EpochMs } from "../../schemas/ids.ts";
import type { JournalPerson } from "../../schemas/journal.ts";
import type { Settings } from "../../schemas/settings.ts";
import { type RemovedExports, removeExports } from "./ledger.ts";

/** Somebody whose data is gone up to an instant, UTC. */
export interface GonePerson extends JournalPerson {
  readonly untilMs: EpochMs;
}

/**
 * Deletes the exports to others that may have data of people whose processing is restricted: those of their Partner, and
 * answers of queries over people's rows. Their own stay.
 *
 * @throws CommandError if the list of exports cannot be read
 * @see GDPR Art. 18(2)
 */
export function removeExportsToOthers(
  settings: Pick<Settings, "dataDir">,
  partners: ReadonlySet<string>,
): RemovedExports {
  return removeExports(settings, ({ kind, partner }) => {
    return kind === "query" || (kind === "partner" && partners.has(partner));
  });
}

/**
 * Deletes the exports that may have data of people who are gone: their own, those of their Partner, which have
 * everybody's rows, and answers of queries over people's rows, whoever is in them. What was exported after the moment up
 * to which they are gone stays.
 *
 * @throws CommandError if the list of exports cannot be read
 * @see GDPR Art. 17
 */
export function removeExportsOf(settings: Pick<Settings, "dataDir">, gone: readonly GonePerson[]): RemovedExports {
  const untilByRef = new Map<string, number>(gone.map(({ ref, untilMs }) => [ref, untilMs]));
  const untilByPartner = new Map<string, number>();
  let latestMs = -1;
  for (const { ptn, untilMs } of gone) {
    untilByPartner.set(ptn, Math.max(untilMs, untilByPartner.get(ptn) ?? 0));
    latestMs = Math.max(latestMs, untilMs);
  }
  return removeExports(settings, ({ kind, ref = "", partner, madeMs }) => {
    if (kind === "person") return madeMs <= (untilByRef.get(ref) ?? -1);
    return madeMs <= (kind === "partner" ? (untilByPartner.get(partner) ?? -1) : latestMs);
  });
}
