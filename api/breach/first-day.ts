import type { JournalState } from "../../schemas/journal.ts";
import type { Warehouse } from "../../schemas/ports.ts";
import { toUtcDay } from "../clocks/due.ts";
import { RETAINED_TABLES } from "../clocks/expired-rows.ts";

/** The oldest day of the rows that are there, and of those whose removal is certified; `dropped` as a partition is named. */
const OLDEST_ROWS = `SELECT toString(min(day)) AS day FROM (
    ${RETAINED_TABLES.map((table) => `SELECT toDate(min(at)) AS day FROM ${table} HAVING count() > 0`).join("\n    UNION ALL ")}
    UNION ALL SELECT toDate(min(at)) FROM held HAVING count() > 0
    UNION ALL SELECT min(last_day) FROM people HAVING count() > 0
  ) HAVING count() > 0`;
const OLDEST_PURGED = `SELECT toString(toDate(parseDateTimeBestEffort(min(dropped)))) AS day FROM (
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
  const found = await Promise.all([OLDEST_ROWS, OLDEST_PURGED].map((sql) => warehouse.rows<{ day: string }>({ sql })));
  const decided = [...journal.keyEvents.map(({ atMs }) => atMs), ...journal.decidedMs.values()];
  const days = [...found.flat().map(({ day }) => day), ...decided.map(toUtcDay)];
  return days.toSorted()[0];
}
