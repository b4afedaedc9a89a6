import { randomUUID } from "node:crypto";
import { type EpochMs, toStoreTime } from "../../schemas/ids.ts";
import type { Decision } from "../../schemas/journal.ts";
import type { Warehouse } from "../../schemas/ports.ts";
import { writeAudit } from "../audit.ts";
import { CommandError } from "../command-io.ts";
import type { Service } from "../service.ts";
import { type Departure, hasForgettable, planDepartures, toUtcDay } from "./due.ts";
import { untilOldPartsGone } from "./old-parts.ts";

/** What a departure needs of the service. */
export type DepartureService = Pick<Service, "warehouse" | "clock" | "journal" | "keyFiles" | "decide">;

/** Every table with rows of a Partner but `partners` itself. `runs` and `audit` have none: only what was done. */
export const PARTNER_TABLES = [
  "engagement",
  "behaviour",
  "feedback",
  "attendance",
  "drops",
  "people",
  "held",
  "records",
  "contacts",
  "deliveries",
  "resources",
  "restricted",
  "requests",
] as const;

/** The proof that everything of a Partner is gone. */
export interface DepartureCertificate {
  readonly id: string;
  readonly partner: string;
  readonly startedMs: EpochMs;
  readonly endedMs: EpochMs;
  readonly dryRun: boolean;
  /** When its three years ended, UTC. */
  readonly dueMs: EpochMs;
  /** A hold keeps everything where it is; nothing was done. */
  readonly held: boolean;
  /** Rows that were deleted, by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** People whose choices were forgotten in the journal. */
  readonly forgotten: number;
}

/**
 * Removes everything of each Partner that left three calendar years ago: its rows in all tables, its officers, records,
 * titles and money, its people's choices; and destroys its salt, so that no copy of a pseudonym can be linked to anyone
 * ever. Its id, zone and contract dates stay, so that its beacons are refused by name. A hold leaves all of it in place.
 *
 * Each step can be repeated; a Partner is done when its certificate stands in `runs`.
 *
 * @param request.dryRun counts and changes nothing
 * @param request.again also those whose certificate stands: a restored backup has brought their rows back
 * @throws CommandError if rows of a Partner are still there afterwards
 * @throws WarehouseUnavailable, WarehouseRefused, LogUnavailable
 * @see GDPR Art. 28(3)(g); privacy policy, "How long we keep data"
 */
export async function removeDeparted(
  service: DepartureService,
  { dryRun, again = false }: { readonly dryRun: boolean; readonly again?: boolean },
  actor: string,
): Promise<readonly DepartureCertificate[]> {
  const { warehouse, clock, journal } = service;
  const due = planDepartures(journal(), clock.nowMs(), again ? new Map() : await readDone(warehouse));
  const certificates: DepartureCertificate[] = [];
  for (const departure of due) {
    const { partner, held } = departure;
    await writeAudit(service, { actor, action: "departure", subject: partner, detail: { dry_run: dryRun, held } });
    certificates.push(await removePartner(service, departure, dryRun || held, dryRun));
  }
  return certificates;
}

async function readDone(warehouse: Warehouse): Promise<ReadonlyMap<string, number>> {
  const rows = await warehouse.rows<{ partner: string; ended: string }>({
    sql: `SELECT subject AS partner, toString(toUnixTimestamp64Milli(max(ended_at))) AS ended
          FROM runs WHERE kind = 'departure' AND outcome = 'done' GROUP BY partner`,
  });
  return new Map(rows.map(({ partner, ended }) => [partner, Number(ended)]));
}

async function removePartner(
  service: DepartureService,
  { partner, dueMs, held }: Departure,
  onlyCounts: boolean,
  dryRun: boolean,
): Promise<DepartureCertificate> {
  const { warehouse, clock, journal, decide } = service;
  const startedMs = clock.nowMs();
  const rows = await countRows(warehouse, partner);
  const people = [...journal().people].filter(([, choices]) => choices.ptn === partner && hasForgettable(choices));
  const base = { id: randomUUID(), partner, startedMs, dryRun, dueMs, held, rows, forgotten: people.length };
  if (onlyCounts) return { ...base, endedMs: clock.nowMs() };
  for (const table of PARTNER_TABLES) if ((rows[table] ?? 0) > 0) await deleteRows(warehouse, table, partner);
  await blankDetails(service, partner);
  await decide(people.map(([ref, { ptn }]): Decision => ({ kind: "forgotten", ref, ptn, atMs: startedMs })));
  await destroySalt(service, partner);
  await verify(warehouse, partner);
  const certificate = { ...base, endedMs: clock.nowMs() };
  await noteCertificate(warehouse, certificate);
  return certificate;
}

async function countRows(warehouse: Warehouse, partner: string): Promise<Readonly<Record<string, number>>> {
  const counts = await Promise.all(
    PARTNER_TABLES.map(async (table): Promise<[string, number]> => {
      const [row] = await warehouse.rows<{ total: string }>({
        sql: `SELECT toString(count()) AS total FROM ${table} WHERE partner = {partner:String}`,
        parameters: { partner },
      });
      return [table, Number(row?.total ?? 0)];
    }),
  );
  return Object.fromEntries(counts.filter(([, total]) => total > 0));
}

async function deleteRows(warehouse: Warehouse, table: string, partner: string): Promise<void> {
  await warehouse.execute({
    sql: `ALTER TABLE ${table} DELETE WHERE partner = {partner:String}`,
    parameters: { partner },
    settings: { mutations_sync: 2 },
  });
}

/** A bare row replaces what the CRM told of the Partner: no name, no group, no money. */
async function blankDetails({ warehouse, clock, journal }: DepartureService, partner: string): Promise<void> {
  const terms = journal().partners.get(partner);
  if (terms === undefined) return;
  const { zone, joinedMs, leftMs } = terms;
  const updated_at = toStoreTime(clock.nowMs());
  const bare = { id: partner, name: partner, peer_group: "", seats: null, fee: null, currency: "" };
  const contract = {
    contract_start: joinedMs > 0 ? toUtcDay(joinedMs) : null,
    contract_end: leftMs === undefined ? null : toUtcDay(leftMs - 1),
  };
  await warehouse.insertRows("partners", [{ ...bare, ...contract, zone, updated_at }]);
  await warehouse.execute({
    sql: "ALTER TABLE partners DELETE WHERE id = {partner:String} AND updated_at < {now:DateTime64(3, 'UTC')}",
    parameters: { partner, now: updated_at },
    settings: { mutations_sync: 2 },
  });
}

async function destroySalt({ keyFiles, clock, decide }: DepartureService, partner: string): Promise<void> {
  if (!keyFiles.pseudonymKeys().salts.has(partner)) return;
  // First the journal: a salt that is missing and was not destroyed would keep the service from starting.
  await decide([{ kind: "key", atMs: clock.nowMs(), action: "destroyed", key: `salt ${partner}` }]);
  keyFiles.removeSalts([partner]);
}

/** Throws CommandError if rows of the Partner, or the bytes of any, are still there. */
async function verify(warehouse: Warehouse, partner: string): Promise<void> {
  const left = Object.keys(await countRows(warehouse, partner));
  const parts = await untilOldPartsGone(warehouse, [...PARTNER_TABLES, "partners"]);
  if (left.length === 0 && parts === 0) return;
  const what = left.length > 0 ? `rows are left in ${left.join(", ")}` : `${parts} old parts are still on the disk`;
  throw new CommandError(
    `Cannot finish removing Partner "${partner}": ${what}. Run it again; nothing may write its rows.`,
  );
}

async function noteCertificate(
  warehouse: Warehouse,
  { id, partner, startedMs, endedMs, ...detail }: DepartureCertificate,
): Promise<void> {
  const row = {
    id,
    kind: "departure",
    subject: partner,
    started_at: toStoreTime(startedMs),
    ended_at: toStoreTime(endedMs),
    outcome: "done",
    detail: JSON.stringify(detail),
  };
  await warehouse.insertRows("runs", [row], `departure:${id}`);
}
