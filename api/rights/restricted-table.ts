import { toPersonPseudonyms } from "./people.ts";
import { openPersonSet, type PersonSet, type SetMember } from "./person-set.ts";
import type { RightsService } from "./refusal.ts";

/**
 * Makes the table `restricted` what the journal says: every pseudonym, of every key epoch that is known, of people whose
 * processing is restricted. Must be done again when an epoch is added.
 *
 * Who was erased after the restriction is not in it: none of their rows are left, and the pipeline keeps nothing new.
 *
 * @returns how many pseudonyms were added and taken out
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function rebuildRestricted(
  service: RightsService,
): Promise<{ readonly added: number; readonly removed: number }> {
  const { warehouse } = service;
  const nowMs = service.clock.nowMs();
  const { people } = service.journal();
  const restricted = [...people]
    .filter(([, { restricted: is, restrictedMs = 0, erasedMs = -1 }]) => is && erasedMs < restrictedMs)
    .map(([ref, { ptn }]) => ({ ref, ptn }));
  const wanted = await toPersonPseudonyms(service.keyFiles.pseudonymKeys(), restricted, people);
  const members: SetMember[] = wanted.map(({ partner, pseudonym }) => ({ person: 0, partner, pseudonym }));
  if (members.length === 0) return { added: 0, removed: await removeOthers(service) };
  await using set = await openPersonSet(warehouse, members, nowMs);
  const missing = await warehouse.rows<{ c: string }>({
    sql: `SELECT count() AS c FROM {set:Identifier}
      WHERE (partner, pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)`,
    parameters: { set: set.table },
  });
  const added = Number(missing[0]?.c ?? 0);
  if (added > 0) {
    // Inserted by a query, so that no pseudonym stands in a statement.
    await warehouse.execute({
      sql: `INSERT INTO restricted (partner, pseudonym) SELECT DISTINCT partner, pseudonym FROM {set:Identifier}
        WHERE (partner, pseudonym) NOT IN (SELECT partner, pseudonym FROM restricted)`,
      parameters: { set: set.table },
    });
  }
  return { added, removed: await removeOthers(service, set) };
}

/** Takes out whoever is not in the set; nobody if the engine has forgotten the set meanwhile. */
async function removeOthers({ warehouse }: RightsService, set?: PersonSet): Promise<number> {
  const where =
    set === undefined
      ? "1"
      : `(SELECT count() FROM {set:Identifier}) = {size:UInt64}
         AND (partner, pseudonym) NOT IN (SELECT partner, pseudonym FROM {set:Identifier})`;
  const parameters: Record<string, string | number> = set === undefined ? {} : { set: set.table, size: set.size };
  const [row] = await warehouse.rows<{ c: string }>({
    sql: `SELECT count() AS c FROM restricted FINAL WHERE ${where}`,
    parameters,
  });
  const removed = Number(row?.c ?? 0);
  if (removed > 0) {
    await warehouse.execute({
      sql: `ALTER TABLE restricted DELETE WHERE ${where}`,
      parameters,
      settings: { mutations_sync: 2 },
    });
  }
  await set?.requireWhole();
  return removed;
}
