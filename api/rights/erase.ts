import { randomUUID } from "node:crypto";
import { type EpochMs, type SubjectRef, toEpochMs } from "../../schemas/ids.ts";
import type { Decision } from "../../schemas/journal.ts";
import { untilOldPartsGone } from "../clocks/old-parts.ts";
import type { CommandIo } from "../command-io.ts";
import { removeExportsOf } from "../exports/gone-people.ts";
import { type ActKind, beginAct, endAct, type RightsAsked } from "./act.ts";
import { type ErasureCertificate, toErasureCertificate } from "./certificate.ts";
import { refuseOnCluster } from "./cluster-refusal.ts";
import { noteErasure, readErasureNotes } from "./erasure-notes.ts";
import { openGoneSet } from "./gone.ts";
import { blankPeople } from "./log-people.ts";
import { removeOrphanTitles } from "./orphan-titles.ts";
import type { RightsPerson } from "./people.ts";
import {
  PERSON_TABLE_NAMES,
  PERSON_TABLES,
  type PersonSet,
  toScopedRows,
  toSetParameters,
  toTablesOf,
} from "./person-set.ts";
import { type RightsService, withRefusalsNoted } from "./refusal.ts";
import { type AskedRemoval, type Removal, refuseWhileConsented, toRemoval, toRemovalDecisions } from "./removal.ts";
import { countPersonRows, removePersonRows } from "./remove-rows.ts";
import { findAffectedRecords, noteRestatement, restateDue } from "./restate.ts";
import { rebuildRestricted } from "./restricted-table.ts";

const ERASE: ActKind = { action: "subject.erase", what: "erase", answers: "erasure", isHeldBack: true };
const DECISIONS_PER_APPEND = 1_000;
const STEPS = 8;

/** Whom to erase; with `removal` only what was collected of them by one consent. */
export interface ErasureAsked extends RightsAsked {
  readonly removal?: AskedRemoval;
}

/**
 * Erases people: everything that happened or was received up to now leaves every table, the log, the quarantine and the
 * files that commands exported, and does not come back; closed records that counted it are counted again. Others, and the
 * same user id at another Partner, are not touched. What the person does afterwards is a new beginning.
 *
 * With `asked.removal` the same happens to what rests on one consent, and nothing else (GDPR Art. 7(3), 17(1)(b)). Feedback
 * that was kept without a person cannot be found, and stays.
 *
 * Safe to repeat: whoever is killed in the middle gives the same command again, or lets the night finish it.
 *
 * @throws RightsRefused without the Partner's instruction, under a legal hold, while the consent is in force, or on a ClickHouse cluster
 * @throws LogUnavailable, WarehouseUnavailable, WarehouseRefused, CommandError: then nothing is certified; give it again
 * @see GDPR Art. 17
 */
export async function erasePeople(
  service: RightsService,
  asked: ErasureAsked,
  actor: string,
  io: Pick<CommandIo, "progress" | "signal">,
): Promise<ErasureCertificate> {
  const tried = { actor, action: ERASE.action, request: asked.request, partner: asked.people.partner };
  await withRefusalsNoted(service, tried, () => refuseOnCluster(service.settings, "erase people"));
  const begun = await beginAct(service, asked, toKind(service, asked.removal), actor);
  const { people, request } = begun;
  const removal = toRemoval(asked.people.acct, asked.removal);
  const purposes = removal?.purposes;
  const tell = (label: string, done: number) => io.progress(label, done, STEPS);
  const run = randomUUID();
  await noteErasure(service, run, request.id, "begun", {});

  tell("Erase: decide", 0);
  const erased = await decideErasure(service, people, request.id, removal);
  const gone = people.map(({ ref, ptn }) => ({ ref, ptn, untilMs: erased.get(ref) ?? toEpochMs(0) }));
  tell("Erase: wait for what is on its way", 1);
  await service.drain(io);
  tell("Erase: find the rows", 2);
  await using set = await openGoneSet(service, { people: gone, purposes });
  const before = await countPersonRows(service.warehouse, set);
  const found = await countPeopleFound(service, set);
  const affected = await findAffectedRecords(service, set);
  await noteErasure(service, run, request.id, "counted", { before, found, affected });
  await noteRestatement(service, "erasure", affected);
  tell("Erase: delete the rows", 3);
  await removePersonRows(service.warehouse, set, before, service.clock.nowMs());
  const ptns = [...new Set(people.map(({ ptn }) => ptn))];
  const titles = await removeOrphanTitles(service.warehouse, ptns, service.clock.nowMs());
  await noteErasure(service, run, request.id, "untitled", { titles });
  tell("Erase: empty records of the log", 4);
  const exports = removeExportsOf(service.settings, gone);
  await noteErasure(service, run, request.id, "blanked", {
    ...(await blankPeople(service.log, erased, purposes)),
    exports,
  });
  await rebuildRestricted(service);
  tell("Erase: count closed records again", 5);
  await restateDue(service);
  tell("Erase: wait until the disk is clean", 6);
  const oldPartsLeft = await untilOldPartsGone(service.warehouse, [...PERSON_TABLE_NAMES, "restricted", "resources"]);
  tell("Erase: verify", 7);
  const certificate = toErasureCertificate({
    request,
    actor,
    people: people.length,
    removal,
    erasedMs: toEpochMs(Math.max(...erased.values())),
    endedMs: service.clock.nowMs(),
    ...(await readErasureNotes(service, request.id)),
    after: await countPersonRows(service.warehouse, set),
    oldPartsLeft,
  });
  await noteErasure(service, run, request.id, "done", {});
  await endAct(service, begun, ERASE, certificate);
  tell("Erase", STEPS);
  return certificate;
}

/**
 * Decides the erasures, durably. Everything stored now is covered: where a clock that was ahead has dated a row into the
 * future, the erasure reaches to that row.
 *
 * @returns by reference the end of what is erased, UTC
 */
async function decideErasure(
  service: RightsService,
  people: readonly RightsPerson[],
  request: string,
  removal: Removal | undefined,
): Promise<ReadonlyMap<SubjectRef, EpochMs>> {
  const nowMs = service.clock.nowMs();
  await using set = await openGoneSet(service, { people, purposes: removal?.purposes });
  const latest = await readLatest(service, set, nowMs);
  const ends = people.map(({ ref }, person) => {
    return [ref, toEpochMs(Math.max(nowMs, latest.get(person) ?? 0))] as const;
  });
  const decisions = people.flatMap(({ ref, ptn }, person): readonly Decision[] => {
    const atMs = ends[person]?.[1] ?? nowMs;
    if (removal === undefined) return [{ kind: "erasure", ref, ptn, atMs }];
    return toRemovalDecisions(service.journal(), { ref, ptn }, { ...removal, request }, nowMs, atMs);
  });
  for (let at = 0; at < decisions.length; at += DECISIONS_PER_APPEND) {
    await service.decide(decisions.slice(at, at + DECISIONS_PER_APPEND));
  }
  return new Map(ends);
}

function toKind(service: RightsService, removal: AskedRemoval | undefined): ActKind {
  if (removal === undefined) return ERASE;
  const { purpose, withdraw } = removal;
  return {
    ...ERASE,
    what: `remove ${purpose} of`,
    check: (people) => refuseWhileConsented(service.journal(), people, removal),
    detail: { purpose, withdraw },
  };
}

/** The latest row after now of whoever has one, by place in the list. A table a time: no statement reads two purposes. */
async function readLatest(
  service: RightsService,
  set: PersonSet,
  nowMs: EpochMs,
): Promise<ReadonlyMap<number, number>> {
  const latest = new Map<number, number>();
  for (const table of toTablesOf(set.purposes)) {
    if (PERSON_TABLES[table] !== "at" || table === "held") continue;
    const rows = await service.warehouse.rows<{ person: number; latest_ms: string }>({
      sql: `SELECT asked.person AS person, toUnixTimestamp64Milli(max(source.at)) AS latest_ms ${toScopedRows(table, set)}
        AND source.at > fromUnixTimestamp64Milli({now_ms:Int64}, 'UTC') GROUP BY person`,
      parameters: { ...toSetParameters(set), now_ms: nowMs },
    });
    for (const { person, latest_ms } of rows) latest.set(person, Math.max(latest.get(person) ?? 0, Number(latest_ms)));
  }
  return latest;
}

/** How many of the people have any row. */
async function countPeopleFound(service: RightsService, set: PersonSet): Promise<number> {
  const tables = toTablesOf(set.purposes).map((table) => `SELECT asked.person AS person ${toScopedRows(table, set)}`);
  const [row] = await service.warehouse.rows<{ c: string }>({
    sql: `SELECT uniqExact(person) AS c FROM (${tables.join(" UNION ALL ")})`,
    parameters: toSetParameters(set),
  });
  return Number(row?.c ?? 0);
}
