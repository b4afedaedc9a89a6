import { randomUUID } from "node:crypto";
import { type EpochMs, toStoreTime } from "../../schemas/ids.ts";
import type { Decision } from "../../schemas/journal.ts";
import type { Warehouse } from "../../schemas/ports.ts";
import { toKnownPseudonyms } from "../../transform/pseudonym.ts";
import { writeAudit } from "../audit.ts";
import {
  openPersonSet,
  PERSON_TABLE_NAMES,
  PERSON_TABLES,
  type SetMember,
  toSetParameters,
  toSetRows,
} from "../rights/person-set.ts";
import type { Service } from "../service.ts";
import { type HeldScope, isSilent, planCandidates, type SilentCandidate, toHeldScope, toLastSilentDay } from "./due.ts";
import { untilOldPartsGone } from "./old-parts.ts";

/** What forgetting needs of the service. */
export type SilentService = Pick<Service, "warehouse" | "clock" | "journal" | "keyFiles" | "decide">;

/** What the two-year clock did, or would do. Counts only. */
export interface SilentReport {
  readonly id: string;
  readonly startedMs: EpochMs;
  readonly endedMs: EpochMs;
  readonly dryRun: boolean;
  /** Whoever was last here on this UTC day or before is forgotten. */
  readonly lastDay: string;
  /** People whose choices were forgotten in the journal. */
  readonly forgotten: number;
  /** Last days of people that went from the table `people`. */
  readonly lastDays: number;
}

/** Decisions written at once. */
const DECISIONS_MAX = 1_000;
/** People looked up at once: some dozens of pseudonyms each. */
const LOOKUP_MAX = 2_000;

/**
 * Forgets everyone who has not been here for two calendar years: neither a row, nor a last day that a purge has noted,
 * nor a choice. Their consents and rectifications go from the journal, their last days from the warehouse; refusals stay
 * as a suppression entry. Partners under a hold are left out. Repeating it changes nothing.
 *
 * The choices leave the disk with the next carry-over of the journal.
 *
 * @param request.dryRun counts and changes nothing
 * @throws WarehouseUnavailable, WarehouseRefused, LogUnavailable
 * @see privacy policy, "How long we keep data"; GDPR Art. 5(1)(e)
 */
export async function forgetSilent(
  service: SilentService,
  { dryRun }: { readonly dryRun: boolean },
  actor: string,
): Promise<SilentReport> {
  const { warehouse, clock, journal, decide } = service;
  const startedMs = clock.nowMs();
  const lastDay = toLastSilentDay(startedMs);
  await writeAudit(service, { actor, action: "forget", subject: lastDay, detail: { dry_run: dryRun } });
  const due = await findSilent(service, startedMs);
  const lastDays = await countLastDays(warehouse, lastDay, toHeldScope(journal()));
  if (!dryRun) {
    for (let at = 0; at < due.length; at += DECISIONS_MAX) {
      await decide(due.slice(at, at + DECISIONS_MAX).map((one) => toForgotten(one, startedMs)));
    }
    if (lastDays > 0) await deleteLastDays(warehouse, lastDay, toHeldScope(journal()));
  }
  const report = {
    id: randomUUID(),
    startedMs,
    endedMs: clock.nowMs(),
    dryRun,
    lastDay,
    forgotten: due.length,
    lastDays,
  };
  if (!dryRun) await noteReport(warehouse, report);
  return report;
}

function toForgotten({ ref, choices }: SilentCandidate, atMs: EpochMs): Decision {
  return { kind: "forgotten", ref, ptn: choices.ptn, atMs };
}

/** Those whose choices are old and of whom no younger row or last day is known. */
async function findSilent(
  { warehouse, journal, keyFiles }: SilentService,
  nowMs: EpochMs,
): Promise<readonly SilentCandidate[]> {
  const candidates = planCandidates(journal(), nowMs);
  const silent: SilentCandidate[] = [];
  for (let at = 0; at < candidates.length; at += LOOKUP_MAX) {
    const some = candidates.slice(at, at + LOOKUP_MAX);
    const keys = keyFiles.pseudonymKeys();
    const known = some.flatMap(({ ref, choices }, person) =>
      toKnownPseudonyms(keys, { ref, ptn: choices.ptn }, choices).map(({ pseudonym }) => ({
        person,
        partner: choices.ptn,
        pseudonym,
      })),
    );
    const lastDays = await readLastDays(warehouse, known, nowMs);
    silent.push(...some.filter((_, person) => isSilent(lastDays.get(person) ?? "1970-01-01", nowMs)));
  }
  return silent;
}

/** By person: the last UTC day of any of their rows. */
async function readLastDays(
  warehouse: Warehouse,
  known: readonly SetMember[],
  nowMs: EpochMs,
): Promise<ReadonlyMap<number, string>> {
  await using set = await openPersonSet(warehouse, known, nowMs);
  const days = PERSON_TABLE_NAMES.map(
    (table) =>
      `SELECT asked.person AS person, toDate(max(source.${PERSON_TABLES[table]})) AS day ${toSetRows(table)} GROUP BY person`,
  );
  const found = await warehouse.rows<{ person: number; last: string }>({
    sql: `SELECT person, toString(max(day)) AS last FROM (${days.join(" UNION ALL ")}) GROUP BY person`,
    parameters: toSetParameters(set),
  });
  await set.requireWhole(); // somebody of whom nothing is found is forgotten
  return new Map(found.map(({ person, last }) => [person, last]));
}

const SILENT = "last_day <= {last:Date} AND {all:UInt8} = 0 AND partner NOT IN {partners:Array(String)}";

function toParameters(lastDay: string, { all, partners }: HeldScope) {
  return { last: lastDay, all: all ? 1 : 0, partners };
}

async function countLastDays(warehouse: Warehouse, lastDay: string, held: HeldScope): Promise<number> {
  const [row] = await warehouse.rows<{ total: string }>({
    sql: `SELECT toString(count()) AS total FROM people WHERE ${SILENT}`,
    parameters: toParameters(lastDay, held),
  });
  return Number(row?.total ?? 0);
}

/** Whoever was here since has a younger entry, or rows that make one when they leave. */
async function deleteLastDays(warehouse: Warehouse, lastDay: string, held: HeldScope): Promise<void> {
  await warehouse.execute({
    sql: `ALTER TABLE people DELETE WHERE ${SILENT}`,
    parameters: toParameters(lastDay, held),
    settings: { mutations_sync: 2 },
  });
  await untilOldPartsGone(warehouse, ["people"]);
}

async function noteReport(warehouse: Warehouse, { id, startedMs, endedMs, ...detail }: SilentReport): Promise<void> {
  const row = {
    id,
    kind: "forget",
    subject: detail.lastDay,
    started_at: toStoreTime(startedMs),
    ended_at: toStoreTime(endedMs),
    outcome: "done",
    detail: JSON.stringify(detail),
  };
  await warehouse.insertRows("runs", [row], `forget:${id}`);
}
