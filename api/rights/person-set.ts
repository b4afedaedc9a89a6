import { randomUUID } from "node:crypto";
import type { Purpose } from "../../schemas/event.ts";
import type { EpochMs } from "../../schemas/ids.ts";
import { toStoreTime } from "../../schemas/ids.ts";
import { type QueryParameter, type Warehouse, WarehouseUnavailable } from "../../schemas/ports.ts";

/** Tables that hold rows of people, with the column that says when. `people` has a day only. */
export const PERSON_TABLES = {
  engagement: "at",
  behaviour: "at",
  feedback: "at",
  attendance: "at",
  held: "at",
  people: "last_day",
} as const satisfies Record<string, string>;
/** A table that holds rows of people. */
export type PersonTable = keyof typeof PERSON_TABLES;
/** All of them. */
export const PERSON_TABLE_NAMES = Object.keys(PERSON_TABLES) as readonly PersonTable[]; // keys of a constant object

/** Which tables hold a purpose's rows. `held` says of each row where it came from; `people` serves every purpose. */
const TABLES_OF_PURPOSE: Readonly<Record<Purpose, readonly PersonTable[]>> = {
  engagement: ["engagement", "attendance"],
  behaviour: ["behaviour"],
  feedback: ["feedback"],
};

/** The tables that hold rows for any of some purposes; all of them if no purposes are named. Pure. */
export function toTablesOf(purposes: readonly Purpose[] | undefined): readonly PersonTable[] {
  if (purposes === undefined) return PERSON_TABLE_NAMES;
  return [...purposes.flatMap((purpose) => TABLES_OF_PURPOSE[purpose]), "held", "people"];
}

/** One pseudonym that is looked for. */
export interface SetMember {
  /** Whose, so that an answer can be told apart; any whole number. */
  readonly person: number;
  readonly partner: string;
  /** 32 hexadecimal digits. */
  readonly pseudonym: string;
  /** Only what happened up to this instant, UTC; everything if absent. */
  readonly untilMs?: EpochMs;
  /** What rows are changed to or from; empty where it is not needed. */
  readonly toPartner?: string;
  readonly toPseudonym?: string;
  readonly fromValue?: string;
  readonly toValue?: string;
}

/**
 * Pseudonyms in the engine's memory: statements name the table, so that no pseudonym stands in a statement, a log of
 * statements or the file of a mutation. Disposing drops it.
 */
export interface PersonSet extends AsyncDisposable {
  readonly table: string;
  readonly size: number;
  /** Only rows of these purposes are counted and removed; everything if absent. */
  readonly purposes?: readonly Purpose[];
  /**
   * To be asked before anything is said to be found, gone or done: an engine that ended meanwhile has forgotten the
   * people, and would find nobody to delete and nobody left. Throws WarehouseUnavailable unless all are still there.
   */
  requireWhole(): Promise<void>;
}

/** Names say when they were made, so that those of a process that was killed can be known. */
const PREFIX = "asked_";
const NAME = /^asked_(\d+)_[0-9a-f]{32}/;
const LEFTOVER_MS_MIN = 3_600_000;
const MEMBERS_PER_INSERT = 20_000;
/** The last moment that the store can tell, for members without an end. */
const NEVER = "2299-12-31 00:00:00.000";

/** A name for a table in memory that no other process has. */
export function toMemoryTableName(nowMs: EpochMs): string {
  return `${PREFIX}${nowMs}_${randomUUID().replaceAll("-", "")}`;
}

/** Puts pseudonyms into the engine's memory. Throws WarehouseUnavailable, WarehouseRefused; then nothing is left behind. */
export async function openPersonSet(
  warehouse: Warehouse,
  members: readonly SetMember[],
  nowMs: EpochMs,
  purposes?: readonly Purpose[] | undefined,
): Promise<PersonSet> {
  await dropLeftovers(warehouse, nowMs);
  const table = toMemoryTableName(nowMs);
  const drop = () => dropTable(warehouse, table);
  try {
    await warehouse.execute({
      sql: `CREATE TABLE {table:Identifier} (
        person UInt32, partner String, hex String, pseudonym FixedString(16) MATERIALIZED toFixedString(unhex(hex), 16),
        until DateTime64(3, 'UTC'), to_partner String, to_hex String,
        to_pseudonym FixedString(16) MATERIALIZED toFixedString(unhex(to_hex), 16), from_value String, to_value String
      ) ENGINE = Memory`,
      parameters: { table },
    });
    for (let at = 0; at < members.length; at += MEMBERS_PER_INSERT) {
      await warehouse.insertRows(table, members.slice(at, at + MEMBERS_PER_INSERT).map(toSetRow));
    }
  } catch (error) {
    await drop().catch(() => undefined); // the first failure is the one to tell of
    throw error;
  }
  return {
    table,
    size: members.length,
    ...(purposes === undefined ? {} : { purposes }),
    requireWhole: () => requireWhole(warehouse, table, members.length),
    [Symbol.asyncDispose]: drop,
  };
}

/** Throws WarehouseUnavailable unless a table in memory has as many rows as were put in: an engine that ended meanwhile has forgotten them. */
export async function requireWhole(warehouse: Warehouse, table: string, size: number): Promise<void> {
  const [row] = await warehouse.rows<{ c: string }>({
    sql: "SELECT count() AS c FROM {table:Identifier}",
    parameters: { table },
  });
  if (Number(row?.c) === size) return;
  throw new WarehouseUnavailable(
    "Cannot go on: ClickHouse ended and began anew meanwhile, and has forgotten whose rows were meant; give it again",
  );
}

function toSetRow(member: SetMember): object {
  return {
    person: member.person,
    partner: member.partner,
    hex: member.pseudonym,
    until: member.untilMs === undefined ? NEVER : toStoreTime(member.untilMs),
    to_partner: member.toPartner ?? "",
    to_hex: member.toPseudonym ?? "",
    from_value: member.fromValue ?? "",
    to_value: member.toValue ?? "",
  };
}

/**
 * Drops a table in memory. A mutation that was given up and still asks for it would fail for ever and hold up every
 * later one of its table, so it is ended first.
 */
export async function dropTable(warehouse: Warehouse, table: string): Promise<void> {
  const [row] = await warehouse.rows<{ c: string }>({
    sql: `SELECT count() AS c FROM system.mutations
          WHERE database = currentDatabase() AND is_done = 0 AND position(command, {table:String}) > 0`,
    parameters: { table },
  });
  if (Number(row?.c ?? 0) > 0) {
    await warehouse.execute({
      sql: "KILL MUTATION WHERE database = currentDatabase() AND position(command, {table:String}) > 0",
      parameters: { table },
    });
  }
  await warehouse.execute({ sql: "DROP TABLE IF EXISTS {table:Identifier} SYNC", parameters: { table } });
}

/** Drops tables that processes left when they were killed. Those in use are younger and stay. */
async function dropLeftovers(warehouse: Warehouse, nowMs: EpochMs): Promise<void> {
  const rows = await warehouse.rows<{ name: string }>({
    sql: "SELECT name FROM system.tables WHERE database = currentDatabase() AND startsWith(name, {prefix:String})",
    parameters: { prefix: PREFIX },
  });
  for (const { name } of rows) {
    if (Number(NAME.exec(name)?.[1]) <= nowMs - LEFTOVER_MS_MIN) await dropTable(warehouse, name);
  }
}

/**
 * `FROM ... WHERE` that picks the rows of a set's people from a table, as `source`, with the set as `asked`. The
 * first condition is for the table's order, the join for each member's own end.
 */
export function toSetRows(table: PersonTable): string {
  return `FROM ${table} AS source
    INNER JOIN {set:Identifier} AS asked ON source.partner = asked.partner AND source.pseudonym = asked.pseudonym
    WHERE (source.partner, source.pseudonym) IN (SELECT partner, pseudonym FROM {set:Identifier})
      AND source.${PERSON_TABLES[table]} <= asked.until`;
}

/** As {@link toSetRows}, without what lies in `held` for other purposes than the set's; the table is to be one of its purposes. */
export function toScopedRows(table: PersonTable, { purposes }: PersonSet): string {
  const isPart = purposes !== undefined && table === "held";
  return `${toSetRows(table)}${isPart ? " AND source.source IN {sources:Array(String)}" : ""}`;
}

/** The parameters that {@link toSetRows} and {@link toScopedRows} need. */
export function toSetParameters({ table, purposes }: PersonSet): Readonly<Record<string, QueryParameter>> {
  return { set: table, ...(purposes === undefined ? {} : { sources: [...toTablesOf(purposes)] }) };
}

/** How many rows of a set's people a table has for the set's purposes. */
export async function countSetRows(warehouse: Warehouse, table: PersonTable, set: PersonSet): Promise<number> {
  if (set.size === 0 || !toTablesOf(set.purposes).includes(table)) return 0;
  const [row] = await warehouse.rows<{ c: string }>({
    sql: `SELECT count() AS c ${toScopedRows(table, set)}`,
    parameters: toSetParameters(set),
  });
  return Number(row?.c ?? 0);
}
