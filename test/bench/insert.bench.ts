import { TABLES } from "../../schemas/columns.ts";
import type { Warehouse } from "../../schemas/ports.ts";
import type { TableBody } from "../../transform/batch.ts";
import { prepareRange } from "../../transform/prepare.ts";
import { openTestWarehouse } from "../fixtures/transform-warehouse.ts";
import { type BenchRow, toMedian } from "./bench-row.ts";
import { benchFacts, benchRecords } from "./transform-scene.ts";

const ROUNDS = 7;
const LARGE_ROWS = 100_000;
const SMALL_ROWS = 1_000;
const SMALL_ROUNDS = 100;
const RATIO_MIN = 0.6;
const SMALL_P99_MS_MAX = 50;

/** A columnar insert over HTTP beside the engine's own INSERT SELECT of the same rows from memory. */
export async function benchInsert(): Promise<BenchRow[]> {
  await using scene = await openTestWarehouse();
  const large = await toEngagement(LARGE_ROWS);
  const small = await toEngagement(SMALL_ROWS);
  return [await measureLarge(scene.warehouse, large), await measureSmall(scene.warehouse, small)];
}

/** A body of about so many engagement rows of one day. */
async function toEngagement(rows: number): Promise<TableBody> {
  const records = benchRecords(1, rows * 1.8).map((record, offset) => ({ ...record, offset }));
  const batch = { stream: "events", partition: 0, first: 0, last: records.length - 1, records } as const;
  const { bodies } = await prepareRange(batch, benchFacts(), Number.POSITIVE_INFINITY);
  const body = bodies.find(({ table }) => table === "engagement");
  if (body === undefined) throw new Error("Cannot measure inserts: the traffic has no engagement");
  return body;
}

async function measureLarge(warehouse: Warehouse, { columns, rows, body }: TableBody): Promise<BenchRow> {
  await warehouse.execute({ sql: "CREATE TABLE in_memory AS engagement ENGINE = Memory" });
  await warehouse.insertArrow("in_memory", columns, body, "memory");
  const names = TABLES.engagement.map(({ name }) => name).join(", ");
  const ours: number[] = [];
  const engine: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // In turn, so that whatever else the machine does meets both.
    ours.push(await toMs(() => warehouse.insertArrow("engagement", columns, body, `ours ${round}`)));
    engine.push(
      await toMs(() => warehouse.execute({ sql: `INSERT INTO engagement (${names}) SELECT ${names} FROM in_memory` })),
    );
  }
  const toRate = (ms: readonly number[]) => (rows / toMedian(ms)) * 1_000;
  const [value, limit] = [toRate(ours), toRate(engine)];
  return {
    stage: "insert",
    what: `${rows} rows a batch, Arrow over HTTP, synced`,
    value,
    unit: "rows/s",
    limit,
    limitWhat: "INSERT SELECT from memory inside the engine",
    ratio: value / limit,
    bar: `>= ${RATIO_MIN * 100} % of the limit`,
    met: value / limit >= RATIO_MIN,
  };
}

async function measureSmall(warehouse: Warehouse, { columns, rows, body }: TableBody): Promise<BenchRow> {
  const tookMs: number[] = [];
  const engineMs: number[] = [];
  await warehouse.execute({ sql: "TRUNCATE TABLE in_memory" });
  await warehouse.insertArrow("in_memory", columns, body, "small memory");
  for (let round = 0; round < SMALL_ROUNDS; round++) {
    tookMs.push(await toMs(() => warehouse.insertArrow("engagement", columns, body, `small ${round}`)));
    engineMs.push(await toMs(() => warehouse.execute({ sql: "INSERT INTO engagement SELECT * FROM in_memory" })));
  }
  const [value, limit] = [toP99(tookMs), toP99(engineMs)];
  return {
    stage: "insert",
    what: `${rows} rows a batch, p99`,
    value,
    unit: "ms",
    limit,
    limitWhat: "INSERT SELECT of the same rows from memory, p99",
    ratio: limit / value,
    bar: `<= ${SMALL_P99_MS_MAX} ms`,
    met: value <= SMALL_P99_MS_MAX,
  };
}

async function toMs(work: () => Promise<void>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

function toP99(figures: readonly number[]): number {
  return figures.toSorted((a, b) => a - b)[Math.ceil(figures.length * 0.99) - 1] ?? Number.NaN;
}
