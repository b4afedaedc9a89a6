import { TABLES } from "../../schemas/columns.ts";
import type { Warehouse } from "../../schemas/ports.ts";
import {
  PERSON_TABLE_NAMES,
  PERSON_TABLES,
  type PersonSet,
  type PersonTable,
  toSetParameters,
  toSetRows,
} from "./person-set.ts";

/** What one table has of a person. */
export interface HeldSummary {
  readonly person: number;
  readonly table: PersonTable;
  readonly rows: number;
  /** `yyyy-mm-dd`, UTC. */
  readonly firstDay: string;
  readonly lastDay: string;
}

/** What each table has of each of the set's people; nothing for a table without rows. Throws WarehouseUnavailable, WarehouseRefused. */
export async function readHeldSummaries(warehouse: Warehouse, set: PersonSet): Promise<readonly HeldSummary[]> {
  const summaries: HeldSummary[] = [];
  for (const table of PERSON_TABLE_NAMES) {
    const rows = await warehouse.rows<{ person: number; c: string; first_day: string; last_day: string }>({
      sql: `SELECT asked.person AS person, count() AS c, toString(toDate(min(source.${PERSON_TABLES[table]}))) AS first_day,
        toString(toDate(max(source.${PERSON_TABLES[table]}))) AS last_day
        ${toSetRows(table)} GROUP BY person ORDER BY person`,
      parameters: toSetParameters(set),
    });
    for (const { person, c, first_day, last_day } of rows) {
      summaries.push({ person, table, rows: Number(c), firstDay: first_day, lastDay: last_day });
    }
  }
  return summaries;
}

/** A row as it is stored: bytes as hexadecimal digits, instants in milliseconds UTC under `at`. */
export type HeldRow = Readonly<Record<string, string | number>>;

/** Every row of the set's people, by table, oldest first. Throws WarehouseUnavailable, WarehouseRefused. */
export async function readHeldRows(
  warehouse: Warehouse,
  set: PersonSet,
): Promise<Readonly<Record<PersonTable, readonly HeldRow[]>>> {
  const read = async (table: PersonTable): Promise<readonly HeldRow[]> => {
    const rows = await warehouse.rows<Record<string, string | number>>({
      sql: `SELECT ${toSelected(table)} ${toSetRows(table)} ORDER BY source.${PERSON_TABLES[table]}, source.pseudonym`,
      parameters: toSetParameters(set),
    });
    return rows.map((row) => ("at" in row ? { ...row, at: Number(row.at) } : row));
  };
  return {
    engagement: await read("engagement"),
    behaviour: await read("behaviour"),
    feedback: await read("feedback"),
    attendance: await read("attendance"),
    held: await read("held"),
    people: await read("people"),
  };
}

const OWN_COLUMNS = {
  held: ["source", "partner", "pseudonym", "event_id", "at", "epoch", "body"],
  people: ["partner", "pseudonym", "epoch", "last_day"],
} as const;

/** The columns of a table, in its order. */
export function toHeldColumns(table: PersonTable): readonly string[] {
  return table === "held" || table === "people" ? OWN_COLUMNS[table] : TABLES[table].map(({ name }) => name);
}

function toSelected(table: PersonTable): string {
  const toExpression = (name: string) => {
    if (name === "pseudonym") return "lower(hex(source.pseudonym)) AS pseudonym";
    if (name === "at") return "toUnixTimestamp64Milli(source.at) AS at";
    if (name === "event_id" || name === "last_day") return `toString(source.${name}) AS ${name}`;
    return `source.${name} AS ${name}`;
  };
  return toHeldColumns(table).map(toExpression).join(", ");
}
