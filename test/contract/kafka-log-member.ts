/** A group member of its own process, to be killed: begins one range, says which, and never ends it. */
import { openKafkaLog } from "../../ingest/log/kafka-log.ts";
import { aClock } from "./settable-clock.ts";

const [brokers = "", topicPrefix = "", sessionTimeoutMs = "3000"] = process.argv.slice(2);
const log = await openKafkaLog({
  brokers: [brokers],
  clientId: "roebuck-test-member",
  clock: aClock(),
  createTopics: false,
  topicPrefix,
  sessionTimeoutMs: Number(sessionTimeoutMs),
});
const consumer = await log.consume("events", "transform");
const batch = await consumer.next({ recordsMax: 7, bytesMax: 1_000_000, waitMs: 20_000 });
if (batch === undefined) throw new Error("nothing came");
await consumer.begin(batch);
process.stdout.write(`${batch.partition} ${batch.first} ${batch.last}\n`);
setInterval(() => undefined, 60_000);
