import { toEpochMs } from "../../schemas/ids.ts";
import { type GonePerson, removeExportsOf } from "../exports/gone-people.ts";
import { refuseOnCluster } from "./cluster-refusal.ts";
import { noteErasure, readUnfinishedErasures } from "./erasure-notes.ts";
import { blankPeople } from "./log-people.ts";
import { removeOrphanTitles } from "./orphan-titles.ts";
import { toPersonPseudonyms } from "./people.ts";
import { openPersonSet, type PersonSet } from "./person-set.ts";
import { applyRectifications } from "./rectify-rows.ts";
import type { RightsService } from "./refusal.ts";
import { countPersonRows, removePersonRows, toRowTotal } from "./remove-rows.ts";
import { findAffectedRecords, noteRestatement, restateDue } from "./restate.ts";
import { rebuildRestricted } from "./restricted-table.ts";

/** What bringing the store in line with the journal has changed. All 0 as a rule. */
export interface EnforcedCounts {
  /** Rows of erased and forgotten people that were still there. */
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
 * Brings the store in line with the journal: whoever was erased or forgotten has no row from before, rectifications
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
  const gone = toGone(service);
  const erasedFirst = await removeGone(service, gone);
  const rectifiedRows = await applyRectifications(service);
  // A move may have brought rows to somebody who was erased since.
  const erasedRows = erasedFirst + (rectifiedRows > 0 ? await removeGone(service, gone) : 0);
  if (unfinished.length > 0 || erasedRows > 0) await removeTitlesOfGone(service, gone);
  if (isRestoring || unfinished.length > 0 || erasedRows > 0)
    await blankPeople(service.log, new Map(gone.map(({ ref, untilMs }) => [ref, untilMs])));
  removeExportsOf(service.settings, gone);
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

/** Rows that people who were erased or forgotten still have from before; 0 once the store is in line. Throws WarehouseUnavailable, WarehouseRefused. */
export async function countGoneRows(service: RightsService): Promise<number> {
  const gone = toGone(service);
  if (gone.length === 0) return 0;
  await using set = await openGoneSet(service, gone);
  return toRowTotal(await countPersonRows(service.warehouse, set));
}

function toGone(service: RightsService): readonly GonePerson[] {
  return [...service.journal().people].flatMap(([ref, { ptn, erasedMs, forgottenMs }]) => {
    const untilMs = toEpochMs(Math.max(erasedMs ?? -1, forgottenMs ?? -1));
    return untilMs < 0 ? [] : [{ ref, ptn, untilMs }];
  });
}

async function removeGone(service: RightsService, gone: readonly GonePerson[]): Promise<number> {
  if (gone.length === 0) return 0;
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

function removeTitlesOfGone({ warehouse, clock }: RightsService, gone: readonly GonePerson[]): Promise<number> {
  return removeOrphanTitles(warehouse, [...new Set(gone.map(({ ptn }) => ptn))], clock.nowMs());
}

async function openGoneSet(service: RightsService, gone: readonly GonePerson[]): Promise<PersonSet> {
  const keys = service.keyFiles.pseudonymKeys();
  const pseudonyms = await toPersonPseudonyms(keys, gone, service.journal().people);
  const members = pseudonyms.map(({ person, partner, pseudonym }) => {
    const untilMs = gone[person]?.untilMs ?? toEpochMs(0);
    return { person, partner, pseudonym, untilMs };
  });
  return openPersonSet(service.warehouse, members, service.clock.nowMs());
}
