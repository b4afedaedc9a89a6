import { randomUUID } from "node:crypto";
import type { Figures } from "../schemas/figures.ts";
import { type EpochMs, type Month, toMonthOffset, toStoreTime } from "../schemas/ids.ts";
import type { Clock, Warehouse } from "../schemas/ports.ts";
import type { Settings } from "../schemas/settings.ts";
import { type PartnerOnFile, type PlannedPartner, planClose, planSnapshots } from "./close-plan.ts";
import { countFigures } from "./figures.ts";
import { type FrozenBody, parseBody, toBodyText, toFingerprint } from "./frozen.ts";
import { readQuery } from "./query-files.ts";
import { listRecords } from "./records.ts";
import { type CloseRun, dropLeftovers, openSnapshot } from "./snapshot.ts";

/** What a close works with. */
export interface CloseParts {
  readonly warehouse: Warehouse;
  readonly clock: Clock;
  readonly settings: Pick<Settings, "peopleMin" | "retentionDays" | "defaultZone">;
  /** Told of what is done: `total` Partners in all. */
  readonly onProgress?: (label: string, done: number, total: number) => void;
}

/** One Partner in the report of a close. */
export interface ClosedPartner {
  readonly partner: string;
  readonly version: number;
  /** False if nothing had changed since the version was made. */
  readonly changed: boolean;
  readonly figures: Figures;
}

/** What a close did. No personal data. */
export interface CloseReport {
  readonly month: Month;
  /** The month was not over for every Partner: what comes later makes the next version. */
  readonly provisional: boolean;
  /** In the order of their ids. */
  readonly partners: readonly ClosedPartner[];
}

interface Version {
  readonly version: number;
  readonly body: FrozenBody;
}

/** Records inserted at once: some ten kilobytes each. */
const RECORDS_PER_INSERT_MAX = 250;
const FIRST_REASON = "first close";
const LATER_REASON = "late data";

/**
 * Counts a month once for every Partner on file whose contract overlaps it, or who has rows in it, and freezes the
 * figures as a version of each record. Closing again makes the next version only where the figures have changed.
 *
 * Each Partner's record is computed from a copy taken at one moment. A close that dies leaves whole records of
 * some Partners; the next one makes those of the rest. Closes of one process wait for each other.
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
  const closed: ClosedPartner[] = [];
  for (const group of planSnapshots(candidates, rows)) {
    parts.onProgress?.(`Close ${month}`, closed.length, candidates.length);
    const bodies = await countGroup(parts, group, run);
    closed.push(...(await freeze(parts, { month, run, reason: options.reason }, bodies)));
  }
  parts.onProgress?.(`Close ${month}`, candidates.length, candidates.length);
  const report = { month, provisional: planned.some(({ isOver }) => !isOver), partners: closed };
  await noteRun(warehouse, run, report, clock.nowMs());
  return report;
}

/** Rows by Partner in any zone's month: what decides who is counted, and how many at once. */
async function readRowCounts(warehouse: Warehouse, month: Month): Promise<ReadonlyMap<string, number>> {
  const dayMs = 86_400_000;
  const rows = await warehouse.rows<{ partner: string; value: string }>({
    sql: readQuery("rows_by_partner"),
    parameters: {
      first_ms: Date.parse(`${month}-01T00:00:00Z`) - dayMs,
      last_ms: Date.parse(`${toMonthOffset(month, 1)}-01T00:00:00Z`) + dayMs,
    },
  });
  return new Map(rows.map(({ partner, value }) => [partner, Number(value)]));
}

/**
 * Counts some Partners. One without a contract in the month is left out if nothing of it lies within its own borders,
 * unless the month was closed for it before: what was counted then may have been erased since.
 */
async function countGroup(
  { warehouse, settings: { peopleMin } }: CloseParts,
  group: readonly PlannedPartner[],
  run: CloseRun,
): Promise<readonly FrozenBody[]> {
  await using snapshot = await openSnapshot(warehouse, group, run);
  const figures = await countFigures(snapshot, group, peopleMin);
  return group.flatMap(({ id, details, isDue }) => {
    const counted = figures.get(id);
    if (counted === undefined || (!isDue && counted.how_counted.received === 0)) return [];
    return [{ v: 1 as const, partner: details, people_min: peopleMin, peers: [], ...counted }];
  });
}

/** Stores what differs from the latest version as the next one. Repeating it stores the same rows again, which are one. */
async function freeze(
  { warehouse }: CloseParts,
  close: { readonly month: Month; readonly run: CloseRun; readonly reason: string | undefined },
  bodies: readonly FrozenBody[],
): Promise<readonly ClosedPartner[]> {
  const latest = await readLatest(warehouse, close.month, bodies);
  const outcomes = bodies.map((body) => {
    const last = latest.get(body.partner.id);
    const changed = last === undefined || toFingerprint(last.body) !== toFingerprint(body);
    const version = (last?.version ?? 0) + (changed ? 1 : 0);
    return { partner: body.partner.id, version, changed, figures: body.figures, body };
  });
  const rows = outcomes
    .filter(({ changed }) => changed)
    .map(({ partner, version, body }) => ({
      partner,
      month: close.month,
      version,
      reason: version === 1 ? FIRST_REASON : (close.reason ?? LATER_REASON),
      closed_at: toStoreTime(close.run.startedMs),
      body: toBodyText(body),
    }));
  for (let at = 0; at < rows.length; at += RECORDS_PER_INSERT_MAX) {
    const some = rows.slice(at, at + RECORDS_PER_INSERT_MAX);
    await warehouse.insertRows("records", some, `close:${close.run.id}:${some[0]?.partner}`);
  }
  return outcomes.map(({ body: _, ...outcome }) => outcome);
}

/** The latest versions of the Partners that these bodies are about; they stand in the order of their ids. */
async function readLatest(
  warehouse: Warehouse,
  month: Month,
  bodies: readonly FrozenBody[],
): Promise<ReadonlyMap<string, Version>> {
  const rows = await warehouse.rows<{ partner: string; version: number; body: string }>({
    sql: readQuery("versions"),
    parameters: { month, from: bodies[0]?.partner.id ?? "", to: bodies.at(-1)?.partner.id ?? "" },
  });
  return new Map(rows.map(({ partner, version, body }) => [partner, { version, body: parseBody(body) }]));
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
