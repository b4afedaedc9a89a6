import { TABLES } from "../../schemas/columns.ts";
import type { EpochMs, SubjectRef } from "../../schemas/ids.ts";
import type { JournalPerson, Rectification } from "../../schemas/journal.ts";
import { refuseOnCluster } from "./cluster-refusal.ts";
import { toPersonPseudonyms } from "./people.ts";
import {
  dropTable,
  openPersonSet,
  type PersonSet,
  type PersonTable,
  type SetMember,
  toMemoryTableName,
  toSetParameters,
  toSetRows,
} from "./person-set.ts";
import type { RightsService } from "./refusal.ts";
import { removePersonRows } from "./remove-rows.ts";
import { findAffectedRecords, noteRestatement } from "./restate.ts";

/** One correction of one person's rows. */
interface Correction {
  readonly person: JournalPerson;
  readonly atMs: EpochMs;
  readonly change: Rectification;
}

/** Tables whose rows say a department, and a resource. */
const DEPT_TABLES = ["engagement", "attendance"] as const satisfies readonly PersonTable[];
const RESOURCE_TABLES = ["engagement", "feedback"] as const satisfies readonly PersonTable[];
const ROW_KEY = "partner, pseudonym, event_id, at";
const SELECTED_KEY =
  "source.partner AS partner, source.pseudonym AS pseudonym, source.event_id AS event_id, source.at AS at";
/** A department or resource that is corrected after a move stands at the new Partner: one more round finds it. */
const ROUNDS_MAX = 4;

/**
 * Makes stored rows what the rectifications in the journal say, where they are not so yet: department, resource, and
 * the Partner that they belong to. Each correction covers the rows up to the moment of its decision. Records that
 * count a changed row are noted as due to be counted again.
 *
 * @param only these people; everyone with a rectification if absent
 * @returns how many rows were changed
 * @throws WarehouseUnavailable, WarehouseRefused: give it again, nothing is changed twice
 */
export async function applyRectifications(service: RightsService, only?: ReadonlySet<SubjectRef>): Promise<number> {
  const corrections = [...service.journal().people].flatMap(([ref, { ptn, rectifications }]) =>
    only !== undefined && !only.has(ref) ? [] : rectifications.map((one) => ({ person: { ref, ptn }, ...one })),
  );
  let total = 0;
  for (let round = 0; round < ROUNDS_MAX && corrections.length > 0; round++) {
    let changed = 0;
    for (const correction of toLatest(corrections)) changed += await applyOne(service, correction);
    total += changed;
    if (changed === 0) break;
  }
  return total;
}

/** Of several corrections of one thing about one person the last one holds; earlier ones would be undone at once. */
function toLatest(corrections: readonly Correction[]): readonly Correction[] {
  const latest = new Map<string, Correction>();
  for (const { person, atMs, change } of corrections) {
    const { dept, moveTo, resource } = change;
    if (dept !== undefined) latest.set(`dept ${person.ref}`, { person, atMs, change: { dept } });
    if (resource !== undefined)
      latest.set(`resource ${person.ref} ${resource.from}`, { person, atMs, change: { resource } });
    if (moveTo !== undefined) latest.set(`move ${person.ref}`, { person, atMs, change: { moveTo } });
  }
  return [...latest.values()];
}

async function applyOne(service: RightsService, { person, atMs, change }: Correction): Promise<number> {
  const { dept, moveTo, resource } = change;
  if (moveTo !== undefined) return moveRows(service, person, moveTo, atMs);
  const [column, tables, from, to] =
    resource !== undefined
      ? (["resource", RESOURCE_TABLES, resource.from, resource.to] as const)
      : (["dept", DEPT_TABLES, undefined, dept ?? ""] as const);
  const pseudonyms = await toPersonPseudonyms(service.keyFiles.pseudonymKeys(), [person], service.journal().people);
  const members = pseudonyms.map(
    ({ partner, pseudonym }): SetMember => ({
      person: 0,
      partner,
      pseudonym,
      untilMs: atMs,
      ...(from === undefined ? {} : { fromValue: from }),
      toValue: to,
    }),
  );
  if (members.length === 0) return 0;
  await using set = await openPersonSet(service.warehouse, members, service.clock.nowMs());
  const which = from === undefined ? `source.${column} != asked.to_value` : `source.${column} = asked.from_value`;
  let changed = 0;
  for (const table of tables) changed += await updateRows(service, { table, column, which, set });
  await set.requireWhole();
  return changed;
}

async function updateRows(
  service: RightsService,
  { table, column, which, set }: { table: PersonTable; column: "dept" | "resource"; which: string; set: PersonSet },
): Promise<number> {
  const { warehouse } = service;
  const [row] = await warehouse.rows<{ c: string }>({
    sql: `SELECT count() AS c ${toSetRows(table)} AND ${which}`,
    parameters: toSetParameters(set),
  });
  const count = Number(row?.c ?? 0);
  if (count === 0) return 0;
  refuseOnCluster(service.settings, "rectify people's rows");
  await noteRestatement(service, "rectification", await findAffectedRecords(service, set));
  const wrong = toMemoryTableName(service.clock.nowMs());
  try {
    // The new value comes from memory as well: the file of a mutation keeps its text.
    await warehouse.execute({
      sql: `CREATE TABLE {wrong:Identifier} ENGINE = Memory AS
        SELECT ${SELECTED_KEY}, asked.to_value AS to_value ${toSetRows(table)} AND ${which}`,
      parameters: { wrong, ...toSetParameters(set) },
    });
    await warehouse.execute({
      sql: `ALTER TABLE ${table} UPDATE ${column} = (SELECT any(to_value) FROM {wrong:Identifier})
        WHERE (${ROW_KEY}) IN (SELECT ${ROW_KEY} FROM {wrong:Identifier})`,
      parameters: { wrong },
      settings: { mutations_sync: 2 },
    });
  } finally {
    await dropTable(warehouse, wrong);
  }
  return count;
}

const MOVED_TABLES = ["engagement", "behaviour", "feedback", "attendance"] as const;

/**
 * Rewrites rows as those of the same person at another Partner: each pseudonym becomes the one of the same realm and key
 * epoch there. New rows are written first, without those that are there already; then the old ones are deleted.
 */
async function moveRows(
  service: RightsService,
  from: JournalPerson,
  to: JournalPerson,
  untilMs: EpochMs,
): Promise<number> {
  const { warehouse } = service;
  const { people } = service.journal();
  const consents = [...(people.get(from.ref)?.consents ?? []), ...(people.get(to.ref)?.consents ?? [])];
  const choices = new Map([from, to].map(({ ref }) => [ref, { consents }]));
  const pseudonyms = await toPersonPseudonyms(service.keyFiles.pseudonymKeys(), [from, to], choices);
  const target = new Map(
    pseudonyms
      .filter(({ person }) => person === 1)
      .map(({ realm, epoch, pseudonym }) => [`${epoch} ${realm}`, pseudonym]),
  );
  const members = pseudonyms
    .filter(({ person }) => person === 0)
    .flatMap(({ partner, pseudonym, realm, epoch }): SetMember[] => {
      const toPseudonym = target.get(`${epoch} ${realm}`);
      if (toPseudonym === undefined) return [];
      return [{ person: 0, partner, pseudonym, untilMs, toPartner: to.ptn, toPseudonym }];
    });
  if (members.length === 0) return 0;
  await using set = await openPersonSet(warehouse, members, service.clock.nowMs());
  let moved = 0;
  const counts = { engagement: 0, behaviour: 0, feedback: 0, attendance: 0, held: 0, people: 0 };
  for (const table of [...MOVED_TABLES, "people"] as const) {
    const [row] = await warehouse.rows<{ c: string }>({
      sql: `SELECT count() AS c ${toSetRows(table)}`,
      parameters: toSetParameters(set),
    });
    counts[table] = Number(row?.c ?? 0);
    moved += counts[table];
  }
  await set.requireWhole();
  if (moved === 0) return 0;
  refuseOnCluster(service.settings, "move people's rows");
  const months = await findAffectedRecords(service, set);
  await copyRows(service, set);
  const theirs = members.map(({ toPartner = "", toPseudonym = "" }) => ({
    person: 0,
    partner: toPartner,
    pseudonym: toPseudonym,
    untilMs,
  }));
  await using arrived = await openPersonSet(warehouse, theirs, service.clock.nowMs());
  await noteRestatement(service, "rectification", [...months, ...(await findAffectedRecords(service, arrived))]);
  await removePersonRows(warehouse, set, counts, service.clock.nowMs());
  return moved;
}

async function copyRows({ warehouse }: RightsService, set: PersonSet): Promise<void> {
  for (const table of MOVED_TABLES) {
    const rest = TABLES[table].map(({ name }) => name).filter((name) => name !== "partner" && name !== "pseudonym");
    await warehouse.execute({
      sql: `INSERT INTO ${table} (partner, pseudonym, ${rest.join(", ")})
        SELECT asked.to_partner, asked.to_pseudonym, ${rest.map((name) => `source.${name}`).join(", ")} ${toSetRows(table)}
          AND (asked.to_partner, asked.to_pseudonym, source.event_id, source.at) NOT IN
            (SELECT partner, pseudonym, event_id, at FROM ${table}
             WHERE (partner, pseudonym) IN (SELECT to_partner, to_pseudonym FROM {set:Identifier}))`,
      parameters: toSetParameters(set),
    });
  }
  await warehouse.execute({
    sql: `INSERT INTO people (partner, pseudonym, epoch, last_day)
      SELECT asked.to_partner, asked.to_pseudonym, source.epoch, source.last_day ${toSetRows("people")}`,
    parameters: toSetParameters(set),
  });
}
