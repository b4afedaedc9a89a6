import { z } from "zod";
import type { Check } from "../../ingest/health.ts";
import { type EpochMs, toEpochMs, toStoreTime } from "../../schemas/ids.ts";
import type { Clock, Warehouse } from "../../schemas/ports.ts";
import type { Settings } from "../../schemas/settings.ts";
import { DROP_REASON_NAMES, DROP_REASONS, type DropReason } from "../../schemas/verdict.ts";
import { type BackupHealth, readBackupHealth } from "../backups/last-backup.ts";
import { type PurgeHealth, readPurgeHealth } from "../clocks/overdue.ts";
import { type DeliveryHealth, readDeliveryHealth } from "../delivery/health.ts";
import { isOverdue, listRequests } from "../rights/requests.ts";
import type { PortalService } from "./portal-parts.ts";

/** What is stored of events, by the words of the screen. */
export const STORED = ["engagement", "behaviour", "feedback", "attendance"] as const;
/** One of them. */
export type StoredTable = (typeof STORED)[number];

/** One UTC day: sums, by when it happened. */
export interface OperatorDay {
  readonly day: string;
  readonly stored: Readonly<Record<StoredTable, number>>;
  readonly dropped: number;
  /** Anonymous views; never events, so in none of the others. */
  readonly views: number;
}

/** One job of the night, as it last ended. */
export interface OperatorJob {
  readonly job: string;
  readonly outcome: string;
  readonly atMs: EpochMs;
}

/** Everything on the operator's screen: counts and times, nobody's data. */
export interface OperatorView {
  readonly atMs: EpochMs;
  /** The last seven, newest first. */
  readonly days: readonly OperatorDay[];
  /** Of those days; reasons that did not happen are left out. */
  readonly reasons: readonly { readonly reason: DropReason; readonly title: string; readonly events: number }[];
  readonly backlog: number;
  /** 0: another process stores. */
  readonly storedUntilMs: EpochMs;
  readonly checks: readonly { readonly name: string; readonly isWell: boolean }[];
  /** The latest months, newest first. */
  readonly closes: readonly { readonly month: string; readonly partners: number; readonly closedMs: EpochMs }[];
  readonly partners: number;
  readonly jobs: readonly OperatorJob[];
  readonly purge: PurgeHealth;
  readonly backup: BackupHealth & { readonly isWanted: boolean };
  readonly deliveries: DeliveryHealth & { readonly hoursMax: number };
  readonly requests: {
    readonly open: number;
    readonly stopped: number;
    readonly overdue: number;
    /** Open, and due within seven days. */
    readonly soon: number;
    readonly nextDueMs?: EpochMs;
  };
}

const DAY_MS = 86_400_000;
const DAYS = 7;
const CHECK_MS_MAX = 2_000;
const count = z.coerce.number();

/** Looks how the installation stands. Throws WarehouseUnavailable, WarehouseRefused. */
export async function readOperatorView(service: PortalService): Promise<OperatorView> {
  const { warehouse, clock, settings } = service;
  const atMs = clock.nowMs();
  const [{ days, reasons }, closes, jobs, purge, backup, requests, checks, backlog, partners, deliveries] =
    await Promise.all([
      readDays(warehouse, atMs),
      readCloses(warehouse),
      readJobs(warehouse),
      readPurgeHealth({ warehouse, clock, settings }),
      readBackupHealth({ warehouse, clock, settings }),
      readRequests({ warehouse, clock }),
      runChecks(service.checks),
      service.backlog(),
      readPartners(warehouse),
      readDeliveryHealth({ warehouse, clock, settings }),
    ]);
  return {
    atMs,
    days,
    reasons,
    backlog,
    storedUntilMs: service.storedUntilMs(),
    checks,
    closes,
    partners,
    jobs,
    purge,
    backup: { ...backup, isWanted: (settings satisfies Pick<Settings, "backupDir">).backupDir !== "" },
    requests,
    deliveries: { ...deliveries, hoursMax: settings.deliveryHoursMax },
  };
}

const DAY_ROW = z.object({ day: z.string(), what: z.string(), events: count });

async function readDays(warehouse: Warehouse, atMs: EpochMs): Promise<Pick<OperatorView, "days" | "reasons">> {
  const days = Array.from({ length: DAYS }, (_, ago) => new Date(atMs - ago * DAY_MS).toISOString().slice(0, 10));
  const since = `${days.at(-1)} 00:00:00.000`;
  const until = toStoreTime(toEpochMs(atMs + DAY_MS));
  const ask = async (sql: string) =>
    z.array(DAY_ROW).parse(await warehouse.rows({ sql, parameters: { since, until } }));
  const span = "at >= {since:DateTime64(3, 'UTC')} AND at < {until:DateTime64(3, 'UTC')}";
  const stored = await Promise.all(
    STORED.map((table) =>
      ask(
        `SELECT toString(toDate(at)) AS day, '${table}' AS what, toString(count()) AS events FROM ${table} WHERE ${span} GROUP BY day`,
      ),
    ),
  );
  const views = await ask(
    `SELECT toString(toDate(hour)) AS day, 'views' AS what, toString(sum(views)) AS events FROM statistics_hourly
     WHERE hour >= toDateTime({since:DateTime64(3, 'UTC')}) AND hour < toDateTime({until:DateTime64(3, 'UTC')}) GROUP BY day`,
  );
  const drops = await ask(
    `SELECT toString(toDate(at)) AS day, reason AS what, toString(uniqExact(event_id)) AS events FROM drops WHERE ${span} GROUP BY day, reason`,
  );
  const rows = [...stored.flat(), ...views];
  const find = (day: string, what: string) => rows.find((row) => row.day === day && row.what === what)?.events ?? 0;
  const sum = (some: typeof drops) => some.reduce((total, { events }) => total + events, 0);
  return {
    days: days.map((day) => ({
      day,
      stored: {
        engagement: find(day, "engagement"),
        behaviour: find(day, "behaviour"),
        feedback: find(day, "feedback"),
        attendance: find(day, "attendance"),
      },
      views: find(day, "views"),
      dropped: sum(drops.filter((row) => row.day === day)),
    })),
    reasons: DROP_REASON_NAMES.map((reason) => ({
      reason,
      title: DROP_REASONS[reason].title,
      events: sum(drops.filter(({ what }) => what === reason)),
    })).filter(({ events }) => events > 0),
  };
}

async function readCloses(warehouse: Warehouse): Promise<OperatorView["closes"]> {
  const rows = await warehouse.rows({
    sql: `SELECT month, toString(uniqExact(partner)) AS partners, toString(toUnixTimestamp64Milli(max(closed_at))) AS closed
          FROM records GROUP BY month ORDER BY month DESC LIMIT 3`,
  });
  return z
    .array(z.object({ month: z.string(), partners: count, closed: count }))
    .parse(rows)
    .map(({ month, partners, closed }) => ({ month, partners, closedMs: toEpochMs(closed) }));
}

async function readPartners(warehouse: Warehouse): Promise<number> {
  const [row] = await warehouse.rows<{ partners: string }>({
    sql: "SELECT toString(count()) AS partners FROM partners FINAL",
  });
  return Number(row?.partners ?? 0);
}

async function readJobs(warehouse: Warehouse): Promise<readonly OperatorJob[]> {
  const rows = await warehouse.rows({
    sql: `SELECT subject AS job, argMax(outcome, started_at) AS how, toString(toUnixTimestamp64Milli(max(ended_at))) AS ended
          FROM runs WHERE kind = 'nightly' AND subject != '' GROUP BY job ORDER BY min(started_at)`,
  });
  return z
    .array(z.object({ job: z.string(), how: z.string(), ended: count }))
    .parse(rows)
    .map(({ job, how, ended }) => ({ job, outcome: how, atMs: toEpochMs(ended) }));
}

async function readRequests(parts: {
  readonly warehouse: Warehouse;
  readonly clock: Clock;
}): Promise<OperatorView["requests"]> {
  const nowMs = parts.clock.nowMs();
  const requests = await listRequests(parts, { all: false });
  const open = requests.filter(({ state }) => state === "open");
  const due = open.map(({ dueMs }) => dueMs).sort((a, b) => a - b)[0];
  return {
    open: open.length,
    stopped: requests.length - open.length,
    overdue: requests.filter((request) => isOverdue(request, nowMs)).length,
    soon: open.filter(({ dueMs }) => dueMs >= nowMs && dueMs < nowMs + DAYS * DAY_MS).length,
    ...(due === undefined ? {} : { nextDueMs: due }),
  };
}

async function runChecks(checks: readonly Check[]): Promise<OperatorView["checks"]> {
  return Promise.all(
    checks.map(async ({ name, check }) => {
      const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), CHECK_MS_MAX).unref());
      return { name, isWell: await Promise.race([check().catch(() => false), late]) };
    }),
  );
}
