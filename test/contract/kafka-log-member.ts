/** A group member of its own process, to be killed or frozen: begins one range, says which, and ends it when told to. */
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { openKafkaLog } from "../../ingest/log/kafka-log.ts";
import { LogUnavailable, RangeLost } from "../../schemas/ports.ts";
import { TEST_RETENTION } from "./kafka-test-retention.ts";
import { aClock } from "./settable-clock.ts";

const [brokers = "", topicPrefix = "", sessionTimeoutMs = "3000"] = process.argv.slice(2);
const log = await openKafkaLog({
  brokers: [brokers],
  clientId: "roebuck-test-member",
  clock: aClock(),
  createTopics: false,
  topicPrefix,
  ...TEST_RETENTION,
  sessionTimeoutMs: Number(sessionTimeoutMs),
});
const consumer = await log.consume("events", "transform");
const batch = await consumer.next({ recordsMax: 7, bytesMax: 1_000_000, waitMs: 20_000 });
if (batch === undefined) throw new Error("nothing came");
await consumer.begin(batch);
process.stdout.write(`${batch.partition} ${batch.first} ${batch.last}\n`);
await once(process.stdin, "data");
for (;;) {
  try {
    await consumer.done(batch);
    process.stdout.write("done\n");
    break;
  } catch (error) {
    if (error instanceof RangeLost) {
      process.stdout.write("lost\n");
      break;
    }
    if (!(error instanceof LogUnavailable)) throw error;
    await pause(20);
  }
}
process.exit();
