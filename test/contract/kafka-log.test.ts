import { afterAll, test } from "vitest";
import { findKafka } from "../kafka/find-kafka.ts";
import { openKafkaUnderTest } from "./kafka-log-fixture.ts";
import { describeLogContract } from "./log-suite.ts";

const kafka = await findKafka();
if ("skip" in kafka) {
  process.stdout.write(`${kafka.skip}\n`);
  test.skip("Kafka log (no Kafka)", () => undefined);
} else {
  afterAll(() => kafka[Symbol.asyncDispose]());
  describeLogContract("Kafka log", () => openKafkaUnderTest(kafka.brokers), 4);
}
