import type { JournalState } from "../../schemas/journal.ts";
import type { Warehouse } from "../../schemas/ports.ts";
import { toUtcDay } from "../clocks/due.ts";
import { readOldestDay } from "../clocks/expired-rows.ts";

const OLDEST_HELD = "SELECT toString(toDate(min(at))) AS day FROM held HAVING count() > 0";
const OLDEST_VISIT = "SELECT toString(min(last_day)) AS day FROM people HAVING count() > 0";
/** From the certificates, which name day partitions: `20260228`. */
const OLDEST_PURGED = `SELECT toString(toDate(parseDateTimeBestEffortOrZero(min(dropped)))) AS day FROM (
    SELECT arrayJoin(arrayFlatten(arrayMap(one -> tupleElement(one, 1),
      JSONExtract(detail, 'tables', 'Array(Tuple(partitions Array(String)))')))) AS dropped
    FROM runs WHERE kind = 'purge' AND outcome = 'done'
  ) HAVING count() > 0`;

/**
 * The first UTC day that anything of a person can have been stored of: the oldest of the rows that are there, of the
 * purges' certificates, and of what the journal was first told. What the table's own clock may have removed without a
 * certificate is younger than the journal, unless it was imported history. `undefined`: nothing ever was.
 *
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function findFirstDay(warehouse: Warehouse, journal: JournalState): Promise<string | undefined> {
  const asked = [OLDEST_HELD, OLDEST_VISIT, OLDEST_PURGED];
  const found = await Promise.all(asked.map((sql) => warehouse.rows<{ day: string }>({ sql })));
  const decided = [...journal.keyEvents.map(({ atMs }) => atMs), ...journal.decidedMs.values()];
  const stored = await readOldestDay(warehouse);
  const days = [
    ...(stored === undefined ? [] : [stored]),
    ...found.flat().map(({ day }) => day),
    ...decided.map(toUtcDay),
  ];
  return days.toSorted()[0];
}
