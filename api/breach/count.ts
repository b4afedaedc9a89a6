import { toStoreTime } from "../../schemas/ids.ts";
import type { Warehouse } from "../../schemas/ports.ts";
import { CommandError, type CommandIo } from "../command-io.ts";
import type { Counted, Officer } from "./impact.ts";
import {
  type CountedRow,
  FEWEST_QUERY,
  KIND_NAMES,
  type KindName,
  OFFICERS_QUERY,
  PARTNERS_QUERY,
  PEOPLE_QUERY,
  REQUESTS_QUERY,
  toCountQuery,
} from "./questions.ts";
import type { BreachSpan } from "./span.ts";

/** Queries that a report makes, for the progress. */
const QUERIES = KIND_NAMES.length + 5;

/**
 * Counts what the warehouse has: one grouped query a table for all Partners at once, never one a Partner. Only sums
 * come back; no pseudonym leaves the engine.
 *
 * @param events when the events happened, both ends included, UTC
 * @param only the one Partner that is asked about
 * @throws CommandError if the user gives up
 * @throws WarehouseUnavailable, WarehouseRefused
 */
export async function countAffected(
  warehouse: Warehouse,
  { events, only }: { readonly events: BreachSpan; readonly only?: string },
  { progress, signal }: Pick<CommandIo, "progress" | "signal">,
): Promise<Counted> {
  const parameters = {
    from: toStoreTime(events.fromMs),
    until: toStoreTime(events.untilMs),
    partner: only ?? "*",
  };
  let done = 0;
  const ask = async <Row>(sql: string): Promise<Row[]> => {
    if (signal.aborted) throw new CommandError("Stopped. Nothing was written; give the command again.");
    progress("tables counted", done, QUERIES);
    const rows = await warehouse.rows<Row>({ sql, parameters });
    done += 1;
    progress("tables counted", done, QUERIES);
    return rows;
  };
  const tables: [KindName, readonly CountedRow[]][] = [];
  for (const kind of KIND_NAMES) tables.push([kind, await ask<CountedRow>(toCountQuery(kind))]);
  const people = await ask<{ partner: string; people: string; restricted: string }>(PEOPLE_QUERY);
  const fewest = await ask<{ partner: string; people: string }>(FEWEST_QUERY);
  const requests = await ask<{ partner: string; rows: string }>(REQUESTS_QUERY);
  const names = await ask<{ id: string; name: string }>(PARTNERS_QUERY);
  const officers = await ask<{ partner: string } & Officer>(OFFICERS_QUERY);
  return {
    rows: Object.fromEntries(tables) as Counted["rows"], // one entry a kind, made by the loop above
    people: new Map(
      people.map((row) => [row.partner, { people: Number(row.people), restricted: Number(row.restricted) }]),
    ),
    fewest: new Map(fewest.map((row) => [row.partner, Number(row.people)])),
    requests: new Map(requests.map(({ partner, rows }) => [partner, Number(rows)])),
    names: new Map(names.map(({ id, name }) => [id, name])),
    officers: Map.groupBy(officers, ({ partner }) => partner),
  };
}
