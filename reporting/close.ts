import { randomUUID } from "node:crypto";
import { setImmediate as yieldTurn } from "node:timers/promises";
import { type EpochMs, type Month, toMonthOffset, toStoreTime } from "../schemas/ids.ts";
import type { Clock, Warehouse } from "../schemas/ports.ts";
import type { RecordPartner } from "../schemas/record.ts";
import type { Settings } from "../schemas/settings.ts";
import { type PartnerOnFile, type PlannedPartner, planClose, planSnapshots } from "./close-plan.ts";
import type { CountedFigures } from "./counted.ts";
import { countFigures } from "./figures.ts";
import { type ClosedPartner, type Frozen, freeze, NOTHING_FROZEN, readFrozen } from "./freeze.ts";
import type { FrozenBody } from "./frozen.ts";
import { type Peer, toPeerBands } from "./peers.ts";
import { readQuery } from "./query-files.ts";
import { listRecords } from "./records.ts";
import { type CloseRun, dropLeftovers, openSnapshot } from "./snapshot.ts";
import { toShownFigures } from "./suppress.ts";

const DAY_MS = 86_400_000;

/** What a close works with. */
export interface CloseParts {
  readonly warehouse: Warehouse;
  readonly clock: Clock;
  readonly settings: Pick<
    Settings,
    "peopleMin" | "attendedMinutesMin" | "lateHoursMax" | "retentionDays" | "defaultZone"
  >;
  /** Told of what is done: `total` Partners in all. */
  readonly onProgress?: (label: string, done: number, total: number) => void;
}

/** What a close did. No personal data. */
export interface CloseReport {
  readonly month: Month;
  /** The month was not over for every Partner: what comes later makes the next version. */
  readonly provisional: boolean;
  /** In the order of their ids. */
  readonly partners: readonly ClosedPartner[];
}

interface Counted {
  readonly details: RecordPartner;
  readonly firstWeekday: number;
  readonly figures: CountedFigures;
}

/**
 * Counts a month once for every Partner on file whose contract overlaps it, or who has rows in it, and freezes the
 * figures as a version of each record. Closing again makes the next version only where the figures have changed.
 *
 * Each Partner's record is computed from a copy taken at one moment. A close that dies leaves whole records of
 * some Partners, or of none; the next one makes those of the rest. Closes of one process wait for each other.
 *
 * @param options.partners only these Partner ids
 * @param options.reason printed on versions after the first; `late data` if not given
 * @throws CloseRefused if the month has not begun or is out of retention, or a Partner or its zone is not known
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export function closeMonth(
  parts: CloseParts,
  month: Month,
  options: { readonly partners?: readonly string[]; readonly reason?: string } = {},
): Promise<CloseReport> {
  const before = running.get(parts.warehouse) ?? Promise.resolve();
  const close = before.then(() => runClose(parts, month, options));
  running.set(
    parts.warehouse,
    close.catch(() => undefined), // its own caller hears of it
  );
  return close;
}

const running = new WeakMap<Warehouse, Promise<unknown>>();

async function runClose(
  parts: CloseParts,
  month: Month,
  options: { readonly partners?: readonly string[]; readonly reason?: string },
): Promise<CloseReport> {
  const { warehouse, clock, settings } = parts;
  const startedMs = clock.nowMs();
  const run = { id: randomUUID(), startedMs };
  await dropLeftovers(warehouse, startedMs);
  const planned = planClose({
    month,
    nowMs: startedMs,
    partners: await warehouse.rows<PartnerOnFile>({ sql: readQuery("partners") }),
    ...(options.partners === undefined ? {} : { only: options.partners }),
    defaultZone: settings.defaultZone,
    retentionDays: settings.retentionDays,
  });
  const rows = await readRowCounts(warehouse, month);
  const closedBefore = new Set((await listRecords(warehouse, month)).map(({ partner }) => partner));
  const candidates = planned
    .map((partner) => ({ ...partner, isDue: partner.isDue || closedBefore.has(partner.id) }))
    .filter(({ id, isDue }) => isDue || rows.has(id));
  const silentDays = await readSilentDays(warehouse, month, startedMs);
  const frozen = await readFrozen(
    warehouse,
    month,
    candidates.map(({ id }) => id),
  );
  const bodies: FrozenBody[] = [];
  let withheld = Promise.resolve();
  let done = 0;
  for (const group of planSnapshots(candidates, rows)) {
    parts.onProgress?.(`Close ${month}`, done, candidates.length);
    // What may be shown of a group is worked out while the engine counts the next.
    const [counted] = await Promise.all([countGroup(parts, group, run, silentDays), withheld]);
    withheld = addBodies(bodies, counted, frozen, settings.peopleMin);
    done += group.length;
  }
  await withheld;
  const compared = await addPeers(warehouse, month, bodies);
  const closed = await freeze(warehouse, { month, run, reason: options.reason }, compared, frozen);
  parts.onProgress?.(`Close ${month}`, candidates.length, candidates.length);
  const report = { month, provisional: planned.some(({ isOver }) => !isOver), partners: closed };
  await noteRun(warehouse, run, report, clock.nowMs());
  return report;
}

/** Rows by Partner in any zone's month: what decides who is counted, and how many at once. */
async function readRowCounts(warehouse: Warehouse, month: Month): Promise<ReadonlyMap<string, number>> {
  const rows = await warehouse.rows<{ partner: string; value: string }>({
    sql: readQuery("rows_by_partner"),
    parameters: {
      first_ms: Date.parse(`${month}-01T00:00:00Z`) - DAY_MS,
      last_ms: Date.parse(`${toMonthOffset(month, 1)}-01T00:00:00Z`) + DAY_MS,
    },
  });
  return new Map(rows.map(({ partner, value }) => [partner, Number(value)]));
}

/**
 * Counts some Partners. One without a contract in the month is left out if nothing of it lies within its own borders,
 * unless the month was closed for it before: what was counted then may have been erased since.
 */
async function countGroup(
  { warehouse, settings }: CloseParts,
  group: readonly PlannedPartner[],
  run: CloseRun,
  silentDays: readonly string[],
): Promise<readonly Counted[]> {
  await using snapshot = await openSnapshot(warehouse, group, run, settings);
  const counted = await countFigures(snapshot, group, {
    silent_days: silentDays,
    late_hours_max: settings.lateHoursMax,
    attended_minutes_min: settings.attendedMinutesMin,
  });
  return group.flatMap(({ id, details, isDue, span: { firstWeekday } }) => {
    const figures = counted.get(id);
    if (figures === undefined || (!isDue && figures.how_counted.received === 0)) return [];
    return [{ details, firstWeekday, figures }];
  });
}

/** Adds what may be shown of each, in their order; between two Partners others get their turn. */
async function addBodies(
  bodies: FrozenBody[],
  group: readonly Counted[],
  frozen: ReadonlyMap<string, Frozen>,
  peopleMin: number,
): Promise<void> {
  for (const counted of group) {
    bodies.push(toBody(counted, frozen.get(counted.details.id) ?? NOTHING_FROZEN, peopleMin));
    await yieldTurn();
  }
}

/** What may be shown of a Partner's month, beside what was shown before. */
function toBody({ details, firstWeekday, figures }: Counted, frozen: Frozen, peopleMin: number): FrozenBody {
  const before = {
    firstWeekday,
    earlierVersions: frozen.versions.map(({ body }) => body),
    previousMonth: frozen.previousMonth,
  };
  return { v: 2, partner: details, people_min: peopleMin, peers: [], ...toShownFigures(figures, before, peopleMin) };
}

/** Sets each beside its peers: those counted now, and whoever else has a record of the month. */
async function addPeers(
  warehouse: Warehouse,
  month: Month,
  bodies: readonly FrozenBody[],
): Promise<readonly FrozenBody[]> {
  if (bodies.every(({ partner }) => partner.group === "")) return bodies;
  const now = new Map(
    bodies.map(({ partner: { id, group, seats }, figures }) => {
      const { Unique_Item_Requests, active_people } = figures;
      return [id, { partner: id, group, seats, Unique_Item_Requests, active_people }];
    }),
  );
  const closed = await warehouse.rows<Peer>({ sql: readQuery("peers"), parameters: { month } });
  const peers = Map.groupBy(
    [...closed.filter(({ partner }) => !now.has(partner)), ...now.values()],
    ({ group }) => group,
  );
  return bodies.map((body) => ({ ...body, peers: toPeerBands(body.partner.id, peers.get(body.partner.group) ?? []) }));
}

/** UTC days of the month, up to now, on which nothing arrived for any Partner. */
async function readSilentDays(warehouse: Warehouse, month: Month, nowMs: EpochMs): Promise<readonly string[]> {
  const firstMs = Date.parse(`${month}-01T00:00:00Z`);
  const lastMs = Date.parse(`${toMonthOffset(month, 1)}-01T00:00:00Z`);
  const rows = await warehouse.rows<{ day: string }>({
    sql: readQuery("days_seen"),
    parameters: { first_ms: firstMs, last_ms: lastMs },
  });
  const seen = new Set(rows.map(({ day }) => day));
  const days = Array.from({ length: (lastMs - firstMs) / DAY_MS }, (_, at) => firstMs + at * DAY_MS);
  return days
    .filter((dayMs) => dayMs < nowMs)
    .map((dayMs) => new Date(dayMs).toISOString().slice(0, 10))
    .filter((day) => !seen.has(day));
}

async function noteRun(
  warehouse: Warehouse,
  { id, startedMs }: CloseRun,
  report: CloseReport,
  endedMs: EpochMs,
): Promise<void> {
  const detail = {
    partners: report.partners.length,
    changed: report.partners.filter(({ changed }) => changed).length,
    provisional: report.provisional,
  };
  const row = {
    id,
    kind: "close",
    subject: report.month,
    started_at: toStoreTime(startedMs),
    ended_at: toStoreTime(endedMs),
    outcome: "done",
    detail: JSON.stringify(detail),
  };
  await warehouse.insertRows("runs", [row], `run:${id}`);
}
