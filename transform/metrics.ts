import { TABLE_NAMES, type TableName } from "../schemas/columns.ts";
import { type EpochMs, toEpochMs } from "../schemas/ids.ts";
import { DROP_REASON_NAMES, type DropReason } from "../schemas/verdict.ts";
import type { PreparedRange } from "./prepare.ts";

/** What the transform has done since it started, and how it stands. Counts only; plain data, fit for a message between threads. */
export interface TransformMetrics {
  readonly ranges: number;
  readonly records: number;
  /** Events received = `kept` + the sum of `dropped`. A range that was repeated after a restart counts again. */
  readonly events: number;
  readonly kept: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  readonly quarantined: number;
  readonly rows: Readonly<Record<TableName, number>>;
  /** Records appended and not yet stored, when it was last looked at: twice a second, or after a range. */
  readonly lag: number;
  /** By partition: every record before this offset is stored, dropped or quarantined. */
  readonly stored: Readonly<Record<number, number>>;
  /** Everything that was on the log at this instant (UTC) is stored; 0 until that was seen once. */
  readonly storedUntilMs: EpochMs;
  /** Tries that failed since the last success, of the step that is under way; 0 when all is well. */
  readonly failing: number;
  /** Failed tries in all. */
  readonly failures: number;
}

/** Nothing done yet. */
export const NO_METRICS: TransformMetrics = {
  ranges: 0,
  records: 0,
  events: 0,
  kept: 0,
  dropped: toZeros(DROP_REASON_NAMES),
  quarantined: 0,
  rows: toZeros(TABLE_NAMES),
  lag: 0,
  stored: {},
  storedUntilMs: toEpochMs(0),
  failing: 0,
  failures: 0,
};

/** The counts after one more range was stored. Pure. */
export function addRange(metrics: TransformMetrics, prepared: PreparedRange): TransformMetrics {
  const { range, outcome, bodies, quarantined } = prepared;
  const dropped = { ...metrics.dropped };
  for (const [reason, count] of outcome.dropped) dropped[reason] += count;
  const rows = { ...metrics.rows };
  for (const body of bodies) rows[body.table] += body.rows;
  return {
    ...metrics,
    ranges: metrics.ranges + 1,
    records: metrics.records + outcome.records,
    events: metrics.events + outcome.events,
    kept: metrics.kept + outcome.kept,
    dropped,
    quarantined: metrics.quarantined + quarantined.length,
    rows,
    stored: { ...metrics.stored, [range.partition]: range.last + 1 },
  };
}

function toZeros<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>; // one of each name
}
