/** How fast the log on Kafka is, beside a bare producer and the embedded log: `node test/bench/kafka.bench.ts`. Takes some 60 s. */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { openKafkaLog } from "../../ingest/log/kafka-log.ts";
import { openSqliteLog } from "../../ingest/log/sqlite-log.ts";
import { toEpochMs } from "../../schemas/ids.ts";
import type { Log } from "../../schemas/ports.ts";
import { findKafka } from "../kafka/find-kafka.ts";
import { fetchKafkaClassPath, toMissingPrograms } from "../kafka/kafka-jars.ts";
import { type BenchRow, toMedian } from "./bench-row.ts";

const recordBytes = 500;
const writers = 256;
const rounds = 3;
const roundMs = 2_000;
const bareRecords = 100_000;
/** Not counted: Java is slow until it has compiled what it runs. */
const bareWarmUpRecords = 40_000;
const loneAppends = 100;

const value = Buffer.alloc(recordBytes, "x");
const keys = Array.from({ length: 1_000 }, (_, index) => `subject-${index}`.padEnd(43, "0"));
const clock = { nowMs: () => toEpochMs(Date.now()) };

async function writeWaiting(log: Log): Promise<number> {
  const startedMs = performance.now();
  let count = 0;
  const writer = async () => {
    while (performance.now() - startedMs < roundMs) {
      count += 1;
      await log.append("events", [{ key: keys[count % keys.length] ?? "", value }]);
    }
  };
  await Promise.all(Array.from({ length: writers }, writer));
  return (count * 1_000) / (performance.now() - startedMs);
}

async function timeLoneAppends(log: Log): Promise<readonly number[]> {
  const took: number[] = [];
  for (let count = 0; count < loneAppends; count += 1) {
    const startedMs = performance.now();
    await log.append("events", [{ key: "lone", value }]);
    took.push(performance.now() - startedMs);
  }
  return took;
}

async function readBacklog(log: Log, group: string): Promise<number> {
  await using consumer = await log.consume("events", group);
  let count = 0;
  let startedMs = performance.now();
  let endedMs = startedMs;
  for (;;) {
    const batch = await consumer.next({ recordsMax: 50_000, bytesMax: 32 * 1_024 * 1_024, waitMs: 1_000 });
    if (batch === undefined) break;
    if (count === 0) startedMs = performance.now() - 1; // joining is no part of reading
    count += batch.records.length;
    endedMs = performance.now();
    if (endedMs - startedMs > roundMs) break;
  }
  return (count * 1_000) / (endedMs - startedMs);
}

/** Kafka's own producer, with every setting that makes an append durable, in a process of its own. */
async function writeBare(brokers: string, topic: string): Promise<number> {
  const durable = ["acks=all", "enable.idempotence=true"];
  const settings = [`bootstrap.servers=${brokers}`, ...durable, "linger.ms=1", "batch.size=131072"];
  const { stdout } = await promisify(execFile)("java", [
    ...["-Xmx256m", "-cp", await fetchKafkaClassPath(), "org.apache.kafka.tools.ProducerPerformance"],
    ...[
      "--topic",
      topic,
      "--num-records",
      String(bareWarmUpRecords + bareRecords),
      "--record-size",
      String(recordBytes),
    ],
    ...["--throughput", "-1", "--warmup-records", String(bareWarmUpRecords), "--producer-props", ...settings],
  ]);
  const rates = [...stdout.matchAll(/steady state records sent, ([\d.]+) records\/sec/g)];
  return Number(rates.at(-1)?.[1] ?? Number.NaN);
}

interface Figures {
  readonly kafka: number[];
  readonly bare: number[];
  readonly sqlite: number[];
  readonly read: number[];
  readonly sqliteRead: number[];
  readonly loneMs: number[];
  readonly sqliteLoneMs: number[];
}

async function measure(brokers: string, folder: string): Promise<Figures> {
  const topicPrefix = `bench-${randomUUID().slice(0, 8)}.`;
  await using sqlite = await openSqliteLog({ folder: join(folder, "log"), clock, role: "writer" });
  const options = { brokers: brokers.split(","), clientId: "roebuck-bench", clock, createTopics: true };
  const open = (prefix: string) =>
    openKafkaLog({ ...options, topicPrefix: prefix, replicationFactor: 1, requestTimeoutMs: 20_000 });
  await using kafka = await open(topicPrefix);
  await (await open(`bare-${topicPrefix}`))[Symbol.asyncDispose](); // for its topics, which are set up alike
  const figures: Figures = { kafka: [], bare: [], sqlite: [], read: [], sqliteRead: [], loneMs: [], sqliteLoneMs: [] };
  for (let round = 0; round < rounds; round += 1) {
    figures.kafka.push(await writeWaiting(kafka));
    figures.sqlite.push(await writeWaiting(sqlite));
    figures.bare.push(await writeBare(brokers, `bare-${topicPrefix}events`));
    figures.loneMs.push(...(await timeLoneAppends(kafka)));
    figures.sqliteLoneMs.push(...(await timeLoneAppends(sqlite)));
    figures.read.push(await readBacklog(kafka, `reader-${round}`));
    figures.sqliteRead.push(await readBacklog(sqlite, `reader-${round}`));
  }
  return figures;
}

function toRateRow(what: string, rate: number, limit: number, limitWhat: string, barPerSecond: number): BenchRow {
  const bar = `>= ${barPerSecond.toLocaleString("en")} records/s`;
  const met = rate >= barPerSecond;
  return { stage: "log", what, value: rate, unit: "records/s", limit, limitWhat, ratio: rate / limit, bar, met };
}

function toRows(figures: Figures): BenchRow[] {
  const what = `Kafka, acknowledged records of ${recordBytes} bytes, ${writers} waiting writers`;
  const rate = toMedian(figures.kafka);
  const [loneMs, sqliteLoneMs] = [toMedian(figures.loneMs), toMedian(figures.sqliteLoneMs)];
  const bareWhat = "kafka-producer-perf-test, acks=all, idempotent, same broker";
  return [
    toRateRow(what, rate, toMedian(figures.bare), bareWhat, 10_000),
    toRateRow(what, rate, toMedian(figures.sqlite), "embedded log, the same writers", 10_000),
    {
      stage: "log",
      what: "Kafka, lone append, p50",
      value: loneMs,
      unit: "ms",
      limit: sqliteLoneMs,
      limitWhat: "embedded log, lone append, p50",
      ratio: sqliteLoneMs / loneMs,
      bar: "<= 20 ms",
      met: loneMs <= 20,
    },
    toRateRow("Kafka, backlog read", toMedian(figures.read), toMedian(figures.sqliteRead), "embedded log", 20_000),
  ];
}

/**
 * Measures the log on a Kafka that is found, or started here if Java and Maven are; `[]` and a line if none can be had.
 * Broker, producer and log share this machine, as in the limits they are compared with.
 */
export async function benchKafka(): Promise<BenchRow[]> {
  const here = toMissingPrograms().length === 0 ? { ROEBUCK_TEST_KAFKA: "local" } : {};
  const kafka = await findKafka({ ...here, ...process.env });
  if ("skip" in kafka || toMissingPrograms().length > 0) {
    process.stdout.write("Kafka is not measured: install Java 17 and Maven.\n");
    return [];
  }
  await using found = kafka;
  const folder = mkdtempSync(join(tmpdir(), "roebuck-bench-kafka-"));
  try {
    return toRows(await measure(found.brokers, folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) console.table(await benchKafka());
