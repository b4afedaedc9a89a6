import { randomUUID } from "node:crypto";
import { type EpochMs, toStoreTime } from "../../schemas/ids.ts";
import type { Warehouse } from "../../schemas/ports.ts";
import { writeAudit } from "../audit.ts";
import { CommandError } from "../command-io.ts";
import type { Service } from "../service.ts";
import { toHeldScope, toLastExpiredDay } from "./due.ts";
import {
  addLastDays,
  countUntil,
  type DayPartition,
  dropPartition,
  holdRows,
  RETAINED_TABLES,
  type RetainedTable,
  readPartitions,
  releaseRows,
  removeTitles,
} from "./expired-rows.ts";
import { blankExpiredImports, expireLog, type LogExpiry } from "./log-expiry.ts";
import { untilOldPartsGone } from "./old-parts.ts";

/** What a purge needs of the service. */
export type PurgeService = Pick<Service, "warehouse" | "log" | "clock" | "settings" | "journal" | "storedUntilMs">;

/** What a purge did with one table. */
export interface PurgedTable {
  readonly table: RetainedTable;
  /** Day partitions that were dropped, `20260228`, oldest first. */
  readonly partitions: readonly string[];
  /** Rows of those days before and after. */
  readonly rowsBefore: number;
  readonly rowsAfter: number;
  /** Rows that a hold keeps, in `held`. */
  readonly held: number;
}

/** The proof of a purge: counts and days, nothing of anybody. */
export interface PurgeCertificate {
  readonly id: string;
  readonly startedMs: EpochMs;
  readonly endedMs: EpochMs;
  /** By which rule, in words. */
  readonly rule: string;
  /** The last UTC day that had to go. */
  readonly lastDay: string;
  readonly dryRun: boolean;
  readonly tables: readonly PurgedTable[];
  /** Held rows that no hold covered any more. */
  readonly released: number;
  /** Titles of pages and resources that nobody was shown since. */
  readonly titles: number;
  readonly log: LogExpiry & { readonly imports: number | "by retention" };
}

/**
 * Removes what has had its year: every UTC day up to `retentionDays` before today leaves the tables by dropping its
 * partition, the log loses what is older than its hours, held rows without a hold go. Then it looks again: by
 * partition, by the rows' own times, and at the disk; and writes the certificate into `runs`.
 *
 * Each step can be repeated: a purge that was killed is finished by the next. A purge never touches a day that a close
 * may still count, so both may run at once.
 *
 * @param request.dryRun counts and changes nothing
 * @param request.signal gives up before the certificate; the next purge finishes
 * @throws CommandError if anything that had to go is still there
 * @throws WarehouseUnavailable, WarehouseRefused, LogUnavailable
 * @see GDPR Art. 5(1)(e)
 */
export async function purge(
  service: PurgeService,
  { dryRun, signal }: { readonly dryRun: boolean; readonly signal?: AbortSignal },
  actor: string,
): Promise<PurgeCertificate> {
  const { warehouse, clock, settings } = service;
  const startedMs = clock.nowMs();
  const lastDay = toLastExpiredDay(startedMs, settings.retentionDays);
  const planned = await planTables(warehouse, lastDay);
  const days = Math.max(0, ...planned.map(({ partitions }) => partitions.length));
  await writeAudit(service, { actor, action: "purge", subject: lastDay, detail: { dry_run: dryRun, days } });
  const base = {
    id: randomUUID(),
    startedMs,
    rule: `rows of a UTC day go when it is ${settings.retentionDays} days ago`,
    lastDay,
    dryRun,
  };
  if (dryRun) {
    const tables = await Promise.all(planned.map((plan) => toUntouched(plan)));
    const released = await releaseRows(warehouse, toHeldScope(service.journal()), true);
    const titles = await removeTitles(warehouse, lastDay, toHeldScope(service.journal()), true);
    const log = { events: 0, quarantine: 0, imports: 0 };
    return { ...base, endedMs: clock.nowMs(), tables, released, titles, log };
  }
  const tables: PurgedTable[] = [];
  for (const plan of planned) {
    refuseStopped(signal, lastDay);
    tables.push(await purgeTable(service, plan, lastDay));
  }
  const released = await releaseRows(warehouse, toHeldScope(service.journal()), false);
  const titles = await removeTitles(warehouse, lastDay, toHeldScope(service.journal()), false);
  const imports = await blankExpiredImports(service.log, lastDay);
  const log = { ...(await expireLog(service)), imports };
  await verify(warehouse, lastDay, tables, signal);
  const certificate = { ...base, endedMs: clock.nowMs(), tables, released, titles, log };
  await noteCertificate(warehouse, certificate);
  return certificate;
}

interface TablePlan {
  readonly table: RetainedTable;
  readonly partitions: readonly DayPartition[];
}

function planTables(warehouse: Warehouse, lastDay: string): Promise<readonly TablePlan[]> {
  return Promise.all(
    RETAINED_TABLES.map(async (table) => ({ table, partitions: await readPartitions(warehouse, table, lastDay) })),
  );
}

function sumRows(partitions: readonly DayPartition[]): number {
  return partitions.reduce((sum, { rows }) => sum + rows, 0);
}

function toUntouched({ table, partitions }: TablePlan): PurgedTable {
  const rows = sumRows(partitions);
  return {
    table,
    partitions: partitions.map(({ partition }) => partition),
    rowsBefore: rows,
    rowsAfter: rows,
    held: 0,
  };
}

async function purgeTable(
  { warehouse, journal }: PurgeService,
  { table, partitions }: TablePlan,
  lastDay: string,
): Promise<PurgedTable> {
  if (partitions.length > 0) await addLastDays(warehouse, table, lastDay);
  const held = partitions.length > 0 ? await holdRows(warehouse, table, lastDay, toHeldScope(journal())) : 0;
  for (const { partition } of partitions) await dropPartition(warehouse, table, partition);
  const rowsAfter = await countUntil(warehouse, table, lastDay);
  const names = partitions.map(({ partition }) => partition);
  return { table, partitions: names, rowsBefore: sumRows(partitions), rowsAfter, held };
}

/** Looks for what must be gone, in two ways and on the disk. Throws CommandError if it is not. */
async function verify(
  warehouse: Warehouse,
  lastDay: string,
  tables: readonly PurgedTable[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const left = (await planTables(warehouse, lastDay)).filter(({ partitions }) => partitions.length > 0);
  const rows = tables.reduce((sum, { rowsAfter }) => sum + rowsAfter, 0);
  if (left.length > 0 || rows > 0) {
    throw new CommandError(
      `Cannot finish the purge up to ${lastDay}: rows are left in ${left.map(({ table }) => table).join(", ")}; nothing may write rows of those days. Run it again; if it stays so, look at the clocks of the machines.`,
    );
  }
  const parts = await untilOldPartsGone(warehouse, [...RETAINED_TABLES, "held", "resources"], { signal });
  if (parts === 0) return;
  refuseStopped(signal, lastDay);
  throw new CommandError(
    `Cannot finish the purge up to ${lastDay}: ${parts} dropped parts are still on the disk. A long query may hold them; end it and run the purge again.`,
  );
}

function refuseStopped(signal: AbortSignal | undefined, lastDay: string): void {
  if (signal?.aborted !== true) return;
  throw new CommandError(`Stopped the purge up to ${lastDay} before it was whole. The next one finishes it.`);
}

async function noteCertificate(warehouse: Warehouse, { id, startedMs, endedMs, ...detail }: PurgeCertificate) {
  const row = {
    id,
    kind: "purge",
    subject: detail.lastDay,
    started_at: toStoreTime(startedMs),
    ended_at: toStoreTime(endedMs),
    outcome: "done",
    detail: JSON.stringify(detail),
  };
  await warehouse.insertRows("runs", [row], `purge:${id}`);
}
