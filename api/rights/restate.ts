import { randomUUID } from "node:crypto";
import { z } from "zod";
import { closeMonth } from "../../reporting/close.ts";
import { CloseRefused } from "../../reporting/close-plan.ts";
import { listRecords } from "../../reporting/records.ts";
import { type Month, parseMonth, toStoreTime } from "../../schemas/ids.ts";
import { toOffsetMs } from "../../schemas/zone.ts";
import type { CommandIo } from "../command-io.ts";
import { type PersonSet, toSetParameters, toSetRows } from "./person-set.ts";
import type { RightsService } from "./refusal.ts";

/** Why a closed record is counted again on account of a person's right: printed on its next version. */
export type RestatementReason = "erasure" | "restriction" | "end of a restriction" | "rectification";

/** A closed month of a Partner. */
export interface ClosedRecord {
  readonly partner: string;
  readonly month: Month;
}

/** A record whose figures have changed. */
export interface RestatedRecord extends ClosedRecord {
  readonly version: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const KIND = "restatement";

/**
 * The closed records that rows of a set's people may be counted in: those of the months, in the Partner's zone, that a
 * day with such a row touches, an hour more on either side for visits and double-clicks.
 *
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function findAffectedRecords(service: RightsService, set: PersonSet): Promise<readonly ClosedRecord[]> {
  if (set.size === 0) return [];
  const days = await service.warehouse.rows<{ partner: string; day_ms: string }>({
    sql: `SELECT DISTINCT partner, toUnixTimestamp(toStartOfDay(at, 'UTC')) * 1000 AS day_ms FROM
      (SELECT source.partner AS partner, source.at AS at ${toSetRows("engagement")}
       UNION ALL SELECT source.partner, source.at ${toSetRows("behaviour")}
       UNION ALL SELECT source.partner, source.at ${toSetRows("feedback")}
       UNION ALL SELECT source.partner, source.at ${toSetRows("attendance")})`,
    parameters: toSetParameters(set),
  });
  const touched = new Set<string>();
  for (const { partner, day_ms } of days) {
    const zone = service.journal().partners.get(partner)?.zone ?? service.settings.defaultZone;
    for (const ms of [Number(day_ms) - HOUR_MS, Number(day_ms) + DAY_MS + HOUR_MS]) {
      touched.add(`${partner} ${new Date(ms + toOffsetMs(zone, ms)).toISOString().slice(0, 7)}`);
    }
  }
  const closed = await listRecords(service.warehouse);
  return closed
    .filter(({ partner, month }) => touched.has(`${partner} ${month}`))
    .map(({ partner, month }) => ({ partner, month }));
}

/**
 * Notes that records must be counted again, before the rows that they count change: whoever is killed in between leaves
 * the note, and the next act, or the night, counts them.
 */
export async function noteRestatement(
  service: RightsService,
  reason: RestatementReason,
  records: readonly ClosedRecord[],
): Promise<void> {
  if (records.length > 0) await writeRun(service, randomUUID(), "due", { reason, records });
}

const DUE = z.object({
  reason: z.enum(["erasure", "restriction", "end of a restriction", "rectification"]),
  records: z.array(z.object({ partner: z.string(), month: z.string() })),
});

/**
 * Counts every closed record that is noted as due again. One whose figures are as before gets no new version; a month
 * out of retention stays as it is.
 *
 * @returns the records that have a new version
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function restateDue(
  service: RightsService,
  io?: Pick<CommandIo, "progress">,
): Promise<readonly RestatedRecord[]> {
  const due = await service.warehouse.rows<{ id: string; detail: string }>({
    sql: `SELECT toString(id) AS id, any(detail) AS detail FROM runs
      WHERE kind = {kind:String} AND outcome = 'due'
        AND id NOT IN (SELECT id FROM runs WHERE kind = {kind:String} AND outcome != 'due')
      GROUP BY id ORDER BY min(started_at)`,
    parameters: { kind: KIND },
  });
  const restated: RestatedRecord[] = [];
  for (const { id, detail } of due) {
    const { reason, records } = DUE.parse(JSON.parse(detail));
    const refused: string[] = [];
    const changed: RestatedRecord[] = [];
    for (const [name, some] of Map.groupBy(records, ({ month }) => month)) {
      const month = parseMonth(name);
      if (month === undefined) continue;
      io?.progress(`Count ${month} again`, changed.length, records.length);
      try {
        const { partners } = await closeMonth(service, month, { partners: some.map(({ partner }) => partner), reason });
        changed.push(
          ...partners.filter((one) => one.changed).map(({ partner, version }) => ({ partner, month, version })),
        );
      } catch (error) {
        if (!(error instanceof CloseRefused)) throw error;
        refused.push(error.message);
      }
    }
    await writeRun(service, id, refused.length === 0 ? "done" : "refused", { reason, changed, refused });
    restated.push(...changed);
  }
  return restated;
}

async function writeRun(service: RightsService, id: string, outcome: string, detail: object): Promise<void> {
  const at = toStoreTime(service.clock.nowMs());
  const row = { id, kind: KIND, subject: "", started_at: at, ended_at: at, outcome, detail: JSON.stringify(detail) };
  await service.warehouse.insertRows("runs", [row]);
}
