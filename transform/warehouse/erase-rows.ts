import { randomUUID } from "node:crypto";
import { type Warehouse, WarehouseUnavailable } from "../../schemas/ports.ts";
import { waitMs } from "../back-off.ts";

/** Whose rows go. */
export interface ErasedPerson {
  /** Empty for people of no Partner. */
  readonly partner: string;
  /** 32 hexadecimal digits. */
  readonly pseudonym: string;
}

/** What is erased: all rows of these people in these tables, whenever they are of. */
export interface Erasure {
  /** As everyone calls them; each has the columns `partner` and `pseudonym`. */
  readonly tables: readonly string[];
  readonly people: Iterable<ErasedPerson>;
}

/** How an erasure waits. */
export interface EraseOptions {
  /** Longest wait for the disk, ms (default two minutes). */
  readonly waitMsMax?: number;
  /** Ends the wait for the disk, and nothing else. */
  readonly signal?: AbortSignal | undefined;
}

/** What an erasure did. */
export interface ErasedRows {
  /** Rows deleted, by table. */
  readonly rows: ReadonlyMap<string, number>;
  /** Old parts that are still on the disk, because the wait ended: 0 as a rule. While it is not 0 the bytes can be read. */
  readonly oldPartsLeft: number;
}

const PEOPLE_PER_INSERT = 20_000;
const WAIT_MS_MAX = 120_000;
const POLL_MS = 250;
const PREFIX = "erased_";
const TABLE = /^[a-z][a-z0-9_]*$/;
const CHOSEN = "(partner, pseudonym) IN (SELECT partner, pseudonym FROM {chosen:Identifier})";

/**
 * Erases people's rows and waits until their bytes have left the disk.
 *
 * Whose rows go stands in a table in the engine's memory, and statements name that table: so no pseudonym stands in
 * a statement, a log of statements or the file of a mutation. An engine that ends meanwhile forgets that table, and
 * would then find nobody to delete and nobody left; so it is counted again before anything is said to be done.
 *
 * For a single server. On a cluster ClickHouse refuses it (error 36), because a replica does not see another's memory.
 * Safe to repeat.
 *
 * @throws WarehouseUnavailable if ClickHouse ended meanwhile or is away, WarehouseRefused: give it again
 * @see GDPR Art. 17
 */
export async function eraseRows(
  warehouse: Warehouse,
  { tables, people }: Erasure,
  { waitMsMax = WAIT_MS_MAX, signal }: EraseOptions = {},
): Promise<ErasedRows> {
  for (const table of tables) {
    if (!TABLE.test(table)) throw new Error(`Cannot erase rows of "${table}": that must be the name of a table`);
  }
  const chosen = `${PREFIX}${randomUUID().replaceAll("-", "")}`;
  const rows = new Map<string, number>();
  await dropLeftovers(warehouse);
  try {
    const size = await openChosen(warehouse, chosen, people);
    for (const table of tables) rows.set(table, await countRows(warehouse, table, chosen));
    for (const [table, count] of rows) {
      if (count > 0) await deleteRows(warehouse, table, chosen);
    }
    await requireWhole(warehouse, chosen, size);
  } catch (error) {
    await dropChosen(warehouse, chosen).catch(() => undefined); // the first failure is the one to tell of
    throw error;
  }
  await dropChosen(warehouse, chosen);
  return { rows, oldPartsLeft: await untilGone(warehouse, tables, waitMsMax, signal) };
}

/** Puts the people into memory. Answers how many. */
async function openChosen(warehouse: Warehouse, chosen: string, people: Iterable<ErasedPerson>): Promise<number> {
  await warehouse.execute({
    sql: `CREATE TABLE {chosen:Identifier} (partner String, hex String,
          pseudonym FixedString(16) MATERIALIZED toFixedString(unhex(hex), 16)) ENGINE = Memory`,
    parameters: { chosen },
  });
  let size = 0;
  let some: object[] = [];
  const insert = async () => {
    await warehouse.insertRows(chosen, some);
    size += some.length;
    some = [];
  };
  for (const { partner, pseudonym } of people) {
    some.push({ partner, hex: pseudonym });
    if (some.length >= PEOPLE_PER_INSERT) await insert();
  }
  await insert();
  return size;
}

async function countRows(warehouse: Warehouse, table: string, chosen: string): Promise<number> {
  const [row] = await warehouse.rows<{ c: string }>({
    sql: `SELECT count() AS c FROM ${table} WHERE ${CHOSEN}`,
    parameters: { chosen },
  });
  return Number(row?.c ?? 0);
}

function deleteRows(warehouse: Warehouse, table: string, chosen: string): Promise<void> {
  return warehouse.execute({
    sql: `ALTER TABLE ${table} DELETE WHERE ${CHOSEN}`,
    parameters: { chosen },
    settings: { mutations_sync: 2 },
  });
}

/** Fails unless the people are in memory as they were put there. */
async function requireWhole(warehouse: Warehouse, chosen: string, size: number): Promise<void> {
  const [row] = await warehouse.rows<{ c: string }>({
    sql: "SELECT count() AS c FROM {chosen:Identifier}",
    parameters: { chosen },
  });
  if (Number(row?.c) === size) return;
  throw new WarehouseUnavailable(
    "Cannot erase rows now: ClickHouse ended and began anew meanwhile, and has forgotten whose; erase them again",
  );
}

/**
 * Removes the people from memory. A mutation that was given up and still asks for them would fail for ever and hold
 * up every later one of its table, so it is ended first.
 */
async function dropChosen(warehouse: Warehouse, chosen: string): Promise<void> {
  const parameters = { chosen };
  const [row] = await warehouse.rows<{ c: string }>({
    sql: `SELECT count() AS c FROM system.mutations
          WHERE database = currentDatabase() AND is_done = 0 AND position(command, {chosen:String}) > 0`,
    parameters,
  });
  if (Number(row?.c ?? 0) > 0) {
    await warehouse.execute({
      sql: "KILL MUTATION WHERE database = currentDatabase() AND position(command, {chosen:String}) > 0",
      parameters,
    });
  }
  await warehouse.execute({ sql: "DROP TABLE IF EXISTS {chosen:Identifier} SYNC", parameters });
}

/** Removes people whom a process that was killed left in memory. Those in use are younger than an hour. */
async function dropLeftovers(warehouse: Warehouse): Promise<void> {
  const left = await warehouse.rows<{ name: string }>({
    sql: `SELECT name FROM system.tables WHERE database = currentDatabase() AND engine = 'Memory'
          AND startsWith(name, {prefix:String}) AND metadata_modification_time < now() - INTERVAL 1 HOUR`,
    parameters: { prefix: PREFIX },
  });
  for (const { name } of left) await dropChosen(warehouse, name);
}

/** Waits until the parts that are replaced now have left the disk. Answers how many are left. */
async function untilGone(
  warehouse: Warehouse,
  tables: readonly string[],
  waitMsMax: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const left = new Set(await readOldParts(warehouse, tables));
  for (let waited = 0; left.size > 0 && waited < waitMsMax && signal?.aborted !== true; waited += POLL_MS) {
    await waitMs(POLL_MS, signal);
    const now = new Set(await readOldParts(warehouse, tables));
    for (const part of left) if (!now.has(part)) left.delete(part);
  }
  return left.size;
}

async function readOldParts(warehouse: Warehouse, tables: readonly string[]): Promise<readonly string[]> {
  const rows = await warehouse.rows<{ part: string }>({
    sql: `SELECT concat(table, '/', name) AS part FROM system.parts
          WHERE database = currentDatabase() AND active = 0 AND has({tables:Array(String)}, table)`,
    parameters: { tables },
  });
  return rows.map(({ part }) => part);
}
