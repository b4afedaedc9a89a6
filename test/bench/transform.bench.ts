import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TransformThreadData } from "../../api/transform-thread-entry.ts";
import { openSqliteLog } from "../../ingest/log/sqlite-log.ts";
import { toEpochMs } from "../../schemas/ids.ts";
import type { Log, LogRecord, Warehouse } from "../../schemas/ports.ts";
import { startTransformThread } from "../../transform/transform-thread.ts";
import { someSettings } from "../fixtures/some-settings.ts";
import { decideIn, LIMITS } from "../fixtures/transform-events.ts";
import { openTestWarehouse, type TestWarehouse } from "../fixtures/transform-warehouse.ts";
import type { BenchRow } from "./bench-row.ts";
import { benchKeyFile, benchRecords, partnerDecisions } from "./transform-scene.ts";

const DAYS = 4;
const EVENTS_PER_DAY = 100_000;
const EVENTS_PER_S_MIN = 80_000;
const BYTES_PER_EVENT_MAX = 30;
/** Random bits of a UUIDv7: what no store can make smaller. */
const ID_BITS = 74;
const APPEND_RECORDS = 5_000;

const POLL_MS = 5;

const clock = { nowMs: () => toEpochMs(Date.now()) };

interface Load {
  readonly records: number;
  readonly events: number;
  /** Events a CPU second that do nothing but become objects. */
  readonly parsing: number;
}

interface Drained {
  readonly tookMs: number;
  /** Processor time of the whole process: the thread, and its sweeping up. */
  readonly cpuMs: number;
}

/** From a full log to rows that ClickHouse has acknowledged, and what they take on disk. */
export async function benchTransform(): Promise<BenchRow[]> {
  await using scene = await openTestWarehouse();
  await using log = await openSqliteLog({ folder: join(scene.folder, "log"), clock, role: "writer" });
  const load = await fill(log);
  const { events, parsing } = load;
  const { tookMs, cpuMs } = await drain(scene, log, load.records);
  const perSecond = (events / tookMs) * 1_000;
  const perCpuSecond = (events / cpuMs) * 1_000;
  const limits = { limit: parsing, limitWhat: "JSON.parse of the same records, a CPU second" };
  const bar = `>= ${EVENTS_PER_S_MIN} on one core`;
  return [
    {
      stage: "transform",
      what: `log to acknowledged by ClickHouse, ${(events / load.records).toFixed(1)} events a record`,
      value: perSecond,
      unit: "events/s",
      ...limits,
      ratio: perSecond / parsing,
      bar,
      met: perSecond >= EVENTS_PER_S_MIN,
    },
    {
      stage: "transform",
      what: "the same, a CPU second of the transform",
      value: perCpuSecond,
      unit: "events/s",
      ...limits,
      ratio: perCpuSecond / parsing,
      bar,
      met: perCpuSecond >= EVENTS_PER_S_MIN,
    },
    await measureSize(scene.warehouse, events),
  ];
}

/** Puts the traffic on the log. By itself, so that the records are forgotten before the transform is measured. */
async function fill(log: Log): Promise<Load> {
  await decideIn(log, ...partnerDecisions());
  const records = benchRecords(DAYS, EVENTS_PER_DAY, clock.nowMs());
  for (let i = 0; i < records.length; i += APPEND_RECORDS) {
    await log.append("events", records.slice(i, i + APPEND_RECORDS));
  }
  const events = records.reduce((sum, record) => sum + record.events, 0);
  return { records: records.length, events, parsing: measureParsing(records) * (events / records.length) };
}

/** Records a CPU second that do nothing but become objects. */
function measureParsing(records: readonly LogRecord[]): number {
  const decoder = new TextDecoder();
  const before = process.cpuUsage();
  for (const { value } of records) JSON.parse(decoder.decode(value));
  const { user, system } = process.cpuUsage(before);
  return (records.length / (user + system)) * 1_000_000;
}

/**
 * Empties the log with the transform in a thread of its own, as in service; answers how long it took once the
 * thread was ready.
 */
async function drain({ folder, access }: TestWarehouse, log: Log, records: number): Promise<Drained> {
  const keyFile = join(folder, "keys.json");
  await writeFile(keyFile, benchKeyFile(), { mode: 0o600 });
  const limits = { ...LIMITS, batchRecordsMax: 100_000, batchWaitMs: 500 };
  const settings = someSettings({ ROEBUCK_DATA_DIR: folder });
  const data: TransformThreadData = { settings, warehouse: access, keyFile, limits };
  const entry = new URL("../../api/transform-thread-entry.ts", import.meta.url);
  const logger = { info: () => undefined, warn: (sentence: string) => console.warn(sentence) };
  await using thread = await startTransformThread({ entry, data, log, logger });
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  while (thread.metrics().stored[0] !== records) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  const { user, system } = process.cpuUsage(cpuBefore);
  return { tookMs: performance.now() - startedMs, cpuMs: (user + system) / 1_000 };
}

async function measureSize(warehouse: Warehouse, events: number): Promise<BenchRow> {
  for (const table of ["engagement", "behaviour", "feedback", "drops", "resources"]) {
    await warehouse.execute({ sql: `OPTIMIZE TABLE ${table} FINAL` });
  }
  const [row] = await warehouse.rows<{ bytes: string }>({
    sql: "SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND database = currentDatabase()",
  });
  const value = Number(row?.bytes) / events;
  const limit = ID_BITS / 8;
  return {
    stage: "transform",
    what: "on disk, all tables, after merges",
    value,
    unit: "bytes/event",
    limit,
    limitWhat: "the random bits of the event id",
    ratio: limit / value,
    bar: `<= ${BYTES_PER_EVENT_MAX}`,
    met: value <= BYTES_PER_EVENT_MAX,
  };
}
