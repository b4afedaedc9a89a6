import { removeExportsOf } from "../exports/gone-people.ts";
import { refuseOnCluster } from "./cluster-refusal.ts";
import { noteErasure, readUnfinishedErasures } from "./erasure-notes.ts";
import { type Gone, openGoneSet, toGone } from "./gone.ts";
import { blankPeople } from "./log-people.ts";
import { removeOrphanTitles } from "./orphan-titles.ts";
import { applyRectifications } from "./rectify-rows.ts";
import type { RightsService } from "./refusal.ts";
import { countPersonRows, removePersonRows, toRowTotal } from "./remove-rows.ts";
import { findAffectedRecords, noteRestatement, restateDue } from "./restate.ts";
import { rebuildRestricted } from "./restricted-table.ts";

/** What bringing the store in line with the journal has changed. All 0 as a rule. */
export interface EnforcedCounts {
  /** Rows of erased and forgotten people, and of purposes that were removed, that were still there. */
  readonly erasedRows: number;
  /** Rows that were rectified again. */
  readonly rectifiedRows: number;
  /** Pseudonyms put into, and taken out of, the table of restricted people. */
  readonly restrictedAdded: number;
  readonly restrictedRemoved: number;
  /** Closed records that were counted again. */
  readonly restated: number;
  /** Erasures that were killed in the middle, and are finished now. */
  readonly erasuresFinished: number;
}

/**
 * Brings the store in line with the journal: whoever was erased or forgotten, or has had a purpose removed,
 * has no row of it from before, rectifications
 * hold, restricted people are known, records that are due are counted again. For every night, after a restore, and
 * whenever an act on people's rights was killed in the middle. Repeating it changes nothing.
 *
 * @param options.isRestoring nothing is counted again, because events are still to be stored; the log is looked through
 * for people who are gone even if they have no row
 * @throws LogUnavailable, WarehouseUnavailable, WarehouseRefused: give it again
 */
export async function enforceJournal(
  service: RightsService,
  { isRestoring = false }: { readonly isRestoring?: boolean } = {},
): Promise<EnforcedCounts> {
  const unfinished = await readUnfinishedErasures(service);
  const gone = toGone(service.journal());
  const erasedFirst = await removeAllGone(service, gone);
  const rectifiedRows = await applyRectifications(service);
  // A move may have brought rows to somebody who was erased since.
  const erasedRows = erasedFirst + (rectifiedRows > 0 ? await removeAllGone(service, gone) : 0);
  if (unfinished.length > 0 || erasedRows > 0) await removeTitlesOfGone(service, gone);
  if (isRestoring || unfinished.length > 0 || erasedRows > 0)
    for (const { people, purposes } of gone)
      await blankPeople(service.log, new Map(people.map(({ ref, untilMs }) => [ref, untilMs])), purposes);
  for (const { people } of gone) removeExportsOf(service.settings, people);
  const { added, removed } = await rebuildRestricted(service);
  const restated = isRestoring ? [] : await restateDue(service);
  for (const { id, request } of unfinished) await noteErasure(service, id, request, "done", { by: "enforce" });
  return {
    erasedRows,
    rectifiedRows,
    restrictedAdded: added,
    restrictedRemoved: removed,
    restated: restated.length,
    erasuresFinished: unfinished.length,
  };
}

/** Rows that people who were erased or forgotten, or of whom a purpose was removed, still have from before; 0 once the store is in line. Throws WarehouseUnavailable, WarehouseRefused. */
export async function countGoneRows(service: RightsService): Promise<number> {
  let total = 0;
  for (const one of toGone(service.journal())) {
    await using set = await openGoneSet(service, one);
    total += toRowTotal(await countPersonRows(service.warehouse, set));
  }
  return total;
}

async function removeAllGone(service: RightsService, gone: readonly Gone[]): Promise<number> {
  let total = 0;
  for (const one of gone) total += await removeGone(service, one);
  return total;
}

async function removeGone(service: RightsService, gone: Gone): Promise<number> {
  await using set = await openGoneSet(service, gone);
  const counts = await countPersonRows(service.warehouse, set);
  const total = toRowTotal(counts);
  if (total > 0) {
    refuseOnCluster(service.settings, "remove rows of erased and forgotten people");
    await noteRestatement(service, "erasure", await findAffectedRecords(service, set));
    await removePersonRows(service.warehouse, set, counts, service.clock.nowMs());
  }
  return total;
}

function removeTitlesOfGone({ warehouse, clock }: RightsService, gone: readonly Gone[]): Promise<number> {
  const ptns = gone.flatMap(({ people }) => people.map(({ ptn }) => ptn));
  return removeOrphanTitles(warehouse, [...new Set(ptns)], clock.nowMs());
}
