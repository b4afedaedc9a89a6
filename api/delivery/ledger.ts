import { createHash } from "node:crypto";
import { type ClosedVersion, DELIVERY_DAYS_MAX, type LedgerEntry, type Officer } from "../../reporting/deliver-plan.ts";
import { type EpochMs, type Month, toEpochMs, toStoreTime } from "../../schemas/ids.ts";
import type { Warehouse } from "../../schemas/ports.ts";

const DAY_MS = 86_400_000;

/** What happened to a version on its way to an officer. `away`: nobody's mail was taken at the time. */
export type DeliveryOutcome = "begun" | "sent" | "refused" | "failed" | "away";

/** An officer with what their Partner has chosen. */
export interface AddressedOfficer extends Officer {
  readonly delivery: "pdf" | "link";
}

/** Stands for an officer in the ledger: 32 hex digits, the same however the address is written. */
export function toOfficerKey(partner: string, email: string): string {
  return createHash("sha256").update(`${partner}\n${email.toLowerCase()}`).digest("hex").slice(0, 32);
}

/** Officers on file, of one Partner or all. Throws WarehouseUnavailable, WarehouseRefused. */
export async function readOfficers(warehouse: Warehouse, partner = ""): Promise<readonly AddressedOfficer[]> {
  const rows = await warehouse.rows<{ partner: string; email: string; name: string; delivery: string }>({
    sql: `SELECT contact.partner AS partner, contact.email AS email, contact.name AS name, partner.delivery AS delivery
          FROM (SELECT partner, email, name FROM contacts FINAL WHERE gone = 0) AS contact
          INNER JOIN (SELECT id, delivery FROM partners FINAL) AS partner ON partner.id = contact.partner
          WHERE {partner:String} = '' OR contact.partner = {partner:String}
          ORDER BY partner, email`,
    parameters: { partner },
  });
  // One address may be on file in two spellings.
  const officers = new Map<string, AddressedOfficer>();
  for (const { delivery, ...row } of rows) {
    const officer = toOfficerKey(row.partner, row.email);
    officers.set(officer, { ...row, officer, delivery: delivery === "link" ? "link" : "pdf" });
  }
  return [...officers.values()];
}

/** The latest versions of a month. Throws WarehouseUnavailable, WarehouseRefused. */
export async function readVersions(
  warehouse: Warehouse,
  month: Month,
  partner = "",
): Promise<readonly ClosedVersion[]> {
  return readClosed(warehouse, "month = {month:String} AND ({partner:String} = '' OR partner = {partner:String})", {
    month,
    partner,
  });
}

/**
 * The latest versions that are brought to officers by themselves: closed lately, of months that were closed by schedule
 * or handed out before. What an operator closes ahead of the day, or for history's sake, goes to nobody; nor does a
 * month that was over when Roebuck first looked, of which it cannot have seen much.
 *
 * Throws WarehouseUnavailable, WarehouseRefused.
 */
export async function readRecentVersions(warehouse: Warehouse, nowMs: EpochMs): Promise<readonly ClosedVersion[]> {
  // a day more than the plan asks for, which then tells what was given up
  const since = nowMs - (DELIVERY_DAYS_MAX + 1) * DAY_MS;
  return readClosed(
    warehouse,
    `closed_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC') AND (month IN
       (SELECT subject FROM runs WHERE kind = 'scheduled close' AND outcome = 'done') AND month >=
         (SELECT formatDateTime(min(started_at), '%Y-%m', 'UTC') FROM runs
          WHERE kind = 'nightly' AND outcome = 'begun' HAVING count() > 0)
     OR (partner, month) IN (SELECT partner, month FROM deliveries WHERE outcome = 'sent'))`,
    { since },
  );
}

async function readClosed(
  warehouse: Warehouse,
  where: string,
  parameters: Readonly<Record<string, string | number>>,
): Promise<readonly ClosedVersion[]> {
  const rows = await warehouse.rows<{
    partner: string;
    month: Month;
    latest: number;
    closed: string;
    provisional: number;
  }>({
    // `where` is one of the two constants above
    sql: `SELECT partner, month, max(version) AS latest,
            toString(toUnixTimestamp64Milli(argMax(closed_at, version))) AS closed,
            toUInt8(argMax(JSONExtractBool(body, 'completeness', 'provisional'), version)) AS provisional
          FROM records WHERE ${where} GROUP BY partner, month ORDER BY month, partner`,
    parameters,
  });
  return rows.map(({ partner, month, latest, closed, provisional }) => ({
    partner,
    month,
    version: latest,
    closedMs: toEpochMs(Number(closed)),
    isProvisional: provisional === 1,
  }));
}

/** What the ledger says of months. Throws WarehouseUnavailable, WarehouseRefused. */
export async function readLedger(warehouse: Warehouse, months: readonly Month[]): Promise<readonly LedgerEntry[]> {
  if (months.length === 0) return [];
  const rows = await warehouse.rows<{
    partner: string;
    month: Month;
    version: number;
    officer: string;
    begun: string;
    failed: string;
    last: string;
    sent: number;
    refused: number;
    reason: string;
  }>({
    sql: `SELECT partner, month, version, officer, toString(countIf(outcome = 'begun')) AS begun,
            toString(countIf(outcome = 'failed')) AS failed, toString(toUnixTimestamp64Milli(max(at))) AS last,
            toUInt8(countIf(outcome = 'sent') > 0) AS sent, toUInt8(countIf(outcome = 'refused') > 0) AS refused,
            argMaxIf(deliveries.reason, at, outcome IN ('refused', 'failed', 'away')) AS reason
          FROM deliveries WHERE month IN {months:Array(String)} GROUP BY partner, month, version, officer`,
    parameters: { months },
  });
  return rows.map(({ begun, failed, last, sent, refused, ...row }) => ({
    ...row,
    begun: Number(begun),
    failed: Number(failed),
    lastMs: toEpochMs(Number(last)),
    isSent: sent === 1,
    isRefused: refused === 1,
  }));
}

/** Adds to the ledger; durable when it resolves. Throws WarehouseUnavailable, WarehouseRefused. */
export async function noteDelivery(
  warehouse: Warehouse,
  { partner, month, version, officer }: Pick<LedgerEntry, "partner" | "month" | "version" | "officer">,
  note: {
    readonly atMs: EpochMs;
    readonly outcome: DeliveryOutcome;
    readonly via: string;
    readonly code?: number;
    readonly reason?: string;
  },
): Promise<void> {
  const { atMs, outcome, via, code = 0, reason = "" } = note;
  const row = { partner, month, version, officer, at: toStoreTime(atMs), outcome, code, reason, via };
  await warehouse.insertRows("deliveries", [row]);
}
