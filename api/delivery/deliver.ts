import { randomUUID } from "node:crypto";
import { type ClosedVersion, type PlannedDelivery, planDeliveries } from "../../reporting/deliver-plan.ts";
import { parseRecord, readStoredRows } from "../../reporting/records.ts";
import { type EpochMs, type Month, toStoreTime } from "../../schemas/ids.ts";
import { MailDelayed, type Mailer, MailRefused, type Warehouse } from "../../schemas/ports.ts";
import { writeAudit } from "../audit.ts";
import { openHouseStyle, toRecordStyle } from "../house-style.ts";
import type { Lease } from "../lease.ts";
import { toErrorFacts } from "../logger.ts";
import { openMailer } from "../mail/open-mailer.ts";
import type { Service } from "../service.ts";
import {
  type AddressedOfficer,
  type DeliveryOutcome,
  noteDelivery,
  readLedger,
  readOfficers,
  readRecentVersions,
  readVersions,
} from "./ledger.ts";
import { type RecordParts, toRecordMail, toRecordParts } from "./record-mail.ts";

/** What a delivery needs of the service. */
export type DeliveryService = Pick<Service, "warehouse" | "clock" | "settings" | "logger">;

/** One version for one officer, with what their Partner has chosen. */
export type Delivery = PlannedDelivery & Pick<AddressedOfficer, "delivery">;

/** What is asked for: a month, or without one whatever is due by itself. */
export interface DeliveryOrder {
  readonly month?: Month;
  /** Only this Partner. */
  readonly partner?: string;
}

/** How a round of deliveries ended. */
export interface DeliveryReport {
  readonly sent: number;
  readonly refused: number;
  /** Not taken now, to be tried again. */
  readonly failed: number;
  /** Due, and not come to: the server takes nobody's mail, or the process was stopped. */
  readonly left: number;
}

/** A mail that a server has taken. */
interface Taken {
  readonly delivery: Delivery;
  readonly note: Parameters<typeof noteDelivery>[2];
}

/** So many in a row whom the server could not be reached for, and it is away for everybody. */
const AWAY_MAX = 3;
const KIND = "delivery";
const QUIET_MS = 6 * 3_600_000;
/** What a server has taken and the ledger could not be told of, by store: told before anything else is sent. */
const untold = new WeakMap<Warehouse, Taken[]>();
const LINK_WITHOUT_PORTAL = "its Partner wants a link in place of the PDF, and ROEBUCK_PORTAL_URL names no portal";

/**
 * What stands to be brought to whom. Whoever is on file as an officer of a Partner gets each version once.
 *
 * Throws WarehouseUnavailable, WarehouseRefused.
 */
export async function readDeliveries(
  { warehouse, clock }: Pick<DeliveryService, "warehouse" | "clock">,
  { month, partner = "" }: DeliveryOrder,
): Promise<{ readonly deliveries: readonly Delivery[]; readonly versions: readonly ClosedVersion[] }> {
  const nowMs = clock.nowMs();
  const versions =
    month === undefined ? await readRecentVersions(warehouse, nowMs) : await readVersions(warehouse, month, partner);
  if (versions.length === 0) return { deliveries: [], versions };
  const officers = await readOfficers(warehouse, partner);
  const ledger = await readLedger(warehouse, [...new Set(versions.map((one) => one.month))]);
  const chosen = new Map(officers.map(({ officer, delivery }) => [officer, delivery]));
  const planned = planDeliveries({ nowMs, versions, officers, ledger });
  return { deliveries: planned.map((one) => ({ ...one, delivery: chosen.get(one.officer) ?? "pdf" })), versions };
}

/**
 * Brings records to their officers: whatever is due, each in a mail of its own. One that fails holds up no other; it is
 * noted with the reason and tried again later, unless it was refused for good. Only what the server has taken is done.
 *
 * @param lease of the reporter: asked before each mail, so that two processes never send the same one
 * @throws CommandError if the settings of mail or style cannot be used
 * @throws WarehouseUnavailable, WarehouseRefused: what cannot be noted must not be sent
 */
export async function deliver(
  service: DeliveryService,
  order: DeliveryOrder,
  actor: string,
  { lease, signal }: { readonly lease: Pick<Lease, "isMine">; readonly signal: AbortSignal },
): Promise<DeliveryReport> {
  const { clock, settings } = service;
  const startedMs = clock.nowMs();
  await tellTaken(service.warehouse);
  const { deliveries } = await readDeliveries(service, order);
  // An operator who asks has a reason to try what was refused, waits or was given up. What was sent stays sent.
  const due = deliveries.filter(({ state }) => (order.month === undefined ? state === "due" : state !== "sent"));
  const counts = { sent: 0, refused: 0, failed: 0 };
  if (due.length === 0) return { ...counts, left: 0 };
  await using mailer = openMailer(settings);
  const readParts = createPartsReader(service);
  let away = 0;
  let left = due.length;
  for (const delivery of due) {
    if (away >= AWAY_MAX || signal.aborted || !(await lease.isMine())) break;
    const outcome = await bring(service, mailer, readParts, delivery);
    away = outcome === "away" ? away + 1 : 0;
    counts[outcome === "away" ? "failed" : outcome] += 1;
    left -= 1;
  }
  const report = { ...counts, left };
  const subject = [...new Set(due.map(({ month }) => month))].sort().join(", ");
  await noteRound(service, { startedMs, subject }, report, actor);
  return report;
}

/** One mail: noted as begun, handed over, noted with its outcome. */
async function bring(
  service: DeliveryService,
  mailer: Mailer,
  readParts: (delivery: Delivery) => Promise<RecordParts>,
  delivery: Delivery,
): Promise<Exclude<DeliveryOutcome, "begun">> {
  const { warehouse, clock, settings, logger } = service;
  const note = (outcome: DeliveryOutcome, fault: { readonly code?: number; readonly reason?: string } = {}) =>
    noteDelivery(warehouse, delivery, { atMs: clock.nowMs(), outcome, via: mailer.via, ...fault });
  await note("begun");
  try {
    if (delivery.delivery === "link" && settings.portalUrl === "")
      throw new MailDelayed({ reason: LINK_WITHOUT_PORTAL, code: 0, isForAll: false });
    const { organisation, privacyContact, portalUrl } = settings;
    const { name: officer, isRepeat } = delivery;
    const message = await toRecordMail(await readParts(delivery), {
      to: delivery,
      context: { officer, organisation, privacyContact, portalUrl, delivery: delivery.delivery, isRepeat },
      atMs: clock.nowMs(),
    });
    await mailer.send(message);
  } catch (error) {
    const outcome = error instanceof MailRefused ? "refused" : toDelay(error);
    const fault = error instanceof MailRefused || error instanceof MailDelayed ? error : undefined;
    const { partner, month, version } = delivery;
    logger.warn("a record could not be delivered", { partner, month, version, outcome, ...toErrorFacts(error) });
    await note(outcome, { code: fault?.code ?? 0, reason: fault?.reason ?? "the record or its mail cannot be made" });
    return outcome;
  }
  const taken = { delivery, note: { atMs: clock.nowMs(), outcome: "sent", via: mailer.via } } as const;
  untold.set(warehouse, [...(untold.get(warehouse) ?? []), taken]);
  await tellTaken(warehouse);
  return "sent";
}

/**
 * Notes what was taken. Where the store is away just then this process remembers it, so that a mail comes twice only if
 * the process ends, or loses its turn, before the store is back.
 */
async function tellTaken(warehouse: Warehouse): Promise<void> {
  for (const taken = untold.get(warehouse) ?? []; taken[0] !== undefined; taken.shift())
    await noteDelivery(warehouse, taken[0].delivery, taken[0].note);
}

function toDelay(error: unknown): "away" | "failed" {
  return error instanceof MailDelayed && error.isForAll ? "away" : "failed";
}

/** Reads records as they are needed, and keeps the last: officers of one Partner mostly follow each other. */
function createPartsReader({ warehouse, settings }: DeliveryService): (delivery: Delivery) => Promise<RecordParts> {
  const house = openHouseStyle(settings);
  let last: { readonly key: string; readonly parts: RecordParts } | undefined;
  return async ({ partner, month, version }) => {
    const key = `${partner}\n${month}\n${version}`;
    if (last?.key === key) return last.parts;
    const rows = await readStoredRows(warehouse, month, [partner]);
    const record = parseRecord(rows.get(partner) ?? [], month, version);
    if (record === undefined || record.completeness.provisional)
      throw new Error(`Cannot deliver ${month} to Partner "${partner}": version ${version} must be closed and whole`);
    const parts = toRecordParts(record, toRecordStyle(house, partner));
    last = { key, parts };
    return parts;
  };
}

/**
 * Notes a round in `runs` and the audit trail. While nobody's mail is taken a round comes every ten minutes and does
 * nothing: one note in six hours says so.
 */
async function noteRound(
  service: DeliveryService,
  { startedMs, subject }: { readonly startedMs: EpochMs; readonly subject: string },
  report: DeliveryReport,
  actor: string,
): Promise<void> {
  const { warehouse, clock, logger } = service;
  logger.info("a round of deliveries ended", { ...report });
  if (report.sent + report.refused === 0 && (await isNotedLately(warehouse, subject, startedMs))) return;
  const row = {
    id: randomUUID(),
    kind: KIND,
    subject,
    started_at: toStoreTime(startedMs),
    ended_at: toStoreTime(clock.nowMs()),
    outcome: report.failed + report.left === 0 ? "done" : "failed",
    detail: JSON.stringify(report),
  };
  await warehouse.insertRows("runs", [row]);
  await writeAudit(service, { actor, action: "record.deliver", subject, detail: { ...report } });
}

async function isNotedLately(warehouse: Warehouse, subject: string, nowMs: EpochMs): Promise<boolean> {
  const rows = await warehouse.rows({
    sql: `SELECT 1 FROM runs WHERE kind = {kind:String} AND subject = {subject:String} AND outcome = 'failed'
            AND started_at > fromUnixTimestamp64Milli({since:Int64}, 'UTC') LIMIT 1`,
    parameters: { kind: KIND, subject, since: nowMs - QUIET_MS },
  });
  return rows.length > 0;
}
