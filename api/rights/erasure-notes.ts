import { z } from "zod";
import { toStoreTime } from "../../schemas/ids.ts";
import type { RemovedExports } from "../exports/ledger.ts";
import type { BlankedRecords } from "./log-people.ts";
import { PERSON_TABLE_NAMES, type PersonTable } from "./person-set.ts";
import type { RightsService } from "./refusal.ts";
import type { RowCounts } from "./remove-rows.ts";
import type { ClosedRecord } from "./restate.ts";

/** How far an erasure is. */
export type ErasureStage = "begun" | "counted" | "untitled" | "blanked" | "done";

const counted = z.object({
  before: z.record(z.string(), z.number()),
  found: z.number(),
  affected: z.array(z.object({ partner: z.string(), month: z.string() })),
});
const untitled = z.object({ titles: z.number() });
const blankedCount = z.union([z.number(), z.literal("by retention")]);
const blanked = z.object({
  events: blankedCount,
  quarantine: blankedCount,
  exports: z.object({ removed: z.number(), changed: z.number() }).default({ removed: 0, changed: 0 }),
});

/** What all runs of one erasure have come to: one that was killed counts with the one that finishes. */
export interface ErasureNotes {
  /** People with any row. */
  readonly found: number;
  readonly before: RowCounts;
  /** Addresses and titles of pages and resources that nobody else was shown. */
  readonly titles: number;
  readonly log: BlankedRecords;
  /** Exported files that were deleted, and those that somebody has changed since they were written. */
  readonly exports: RemovedExports;
  readonly records: readonly (ClosedRecord & { readonly version: number })[];
}

/** Notes how far an erasure is, so that one that was killed is known. No person. */
export async function noteErasure(
  service: RightsService,
  run: string,
  request: string,
  outcome: ErasureStage,
  detail: object,
): Promise<void> {
  const at = toStoreTime(service.clock.nowMs());
  const row = { id: run, kind: "erasure", subject: request, started_at: at, ended_at: at, outcome };
  await service.warehouse.insertRows("runs", [{ ...row, detail: JSON.stringify(detail) }]);
}

/** Runs that were killed, by id, with their request. */
export async function readUnfinishedErasures(
  service: RightsService,
): Promise<readonly { readonly id: string; readonly request: string }[]> {
  return service.warehouse.rows({
    sql: `SELECT toString(id) AS id, any(subject) AS request FROM runs
      WHERE kind = 'erasure' GROUP BY id HAVING countIf(outcome = 'done') = 0`,
  });
}

/** Puts together what the runs of a request have noted. */
export async function readErasureNotes(service: RightsService, request: string): Promise<ErasureNotes> {
  const rows = await service.warehouse.rows<{ outcome: string; detail: string; at_ms: string }>({
    sql: `SELECT outcome, detail, toUnixTimestamp64Milli(started_at) AS at_ms FROM runs
      WHERE kind = 'erasure' AND subject = {request:String}`,
    parameters: { request },
  });
  const details = (stage: ErasureStage) =>
    rows.filter(({ outcome }) => outcome === stage).map(({ detail }) => JSON.parse(detail) as unknown); // parsed below
  const counts = z.array(counted).parse(details("counted"));
  const blanks = z.array(blanked).parse(details("blanked"));
  // Of two counts the greater is the one from before the deletion.
  const most = (table: PersonTable) => Math.max(0, ...counts.map(({ before }) => before[table] ?? 0));
  return {
    found: Math.max(0, ...counts.map(({ found }) => found)),
    // One entry for each name of the list.
    before: Object.fromEntries(PERSON_TABLE_NAMES.map((table) => [table, most(table)])) as Record<PersonTable, number>,
    titles: z
      .array(untitled)
      .parse(details("untitled"))
      .reduce((sum, { titles }) => sum + titles, 0),
    log: {
      events: toSum(blanks.map(({ events }) => events)),
      quarantine: toSum(blanks.map(({ quarantine }) => quarantine)),
    },
    exports: {
      removed: blanks.reduce((sum, { exports }) => sum + exports.removed, 0),
      changed: Math.max(0, ...blanks.map(({ exports }) => exports.changed)),
    },
    records: await readRestated(
      service,
      counts.flatMap(({ affected }) => affected),
      Math.min(...rows.map(({ at_ms }) => Number(at_ms))),
    ),
  };
}

function toSum(counts: readonly (number | "by retention")[]): number | "by retention" {
  let sum = 0;
  for (const count of counts) {
    if (count === "by retention") return count;
    sum += count;
  }
  return sum;
}

/** The affected records that have a version for this reason since the first run began. */
async function readRestated(
  { warehouse }: RightsService,
  affected: readonly { readonly partner: string; readonly month: string }[],
  sinceMs: number,
): Promise<ErasureNotes["records"]> {
  if (affected.length === 0) return [];
  const rows = await warehouse.rows<{ partner: string; month: ClosedRecord["month"]; version: number }>({
    sql: `SELECT partner, month, max(version) AS version FROM records
      WHERE reason = 'erasure' AND closed_at >= fromUnixTimestamp64Milli({since_ms:Int64}, 'UTC')
      GROUP BY partner, month ORDER BY partner, month`,
    parameters: { since_ms: sinceMs },
  });
  const wanted = new Set(affected.map(({ partner, month }) => `${partner} ${month}`));
  return rows.filter(({ partner, month }) => wanted.has(`${partner} ${month}`));
}
