/** A worker thread that consumes the log of `workerData.folder` as `roebuck serve` does, and posts the texts that it has done. */
import { parentPort, workerData } from "node:worker_threads";
import { openSqliteLog } from "../../ingest/log/sqlite-log.ts";
import { aClock } from "./settable-clock.ts";

const { folder, count }: { readonly folder: string; readonly count: number } = workerData;
await using log = await openSqliteLog({ folder, clock: aClock(), role: "reader" });
await using consumer = await log.consume("events", "worker");
parentPort?.postMessage("ready");
for (let done = 0; done < count; ) {
  const batch = await consumer.next({ recordsMax: 500, bytesMax: 1_000_000, waitMs: 10_000 });
  if (batch === undefined) break;
  await consumer.begin(batch);
  await consumer.done(batch);
  done += batch.records.length;
  parentPort?.postMessage(batch.records.map(({ value }) => Buffer.from(value).toString()));
}
