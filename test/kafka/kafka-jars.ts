/** Kafka's jars, fetched with Maven. */
import { fetchClassPath, type JarSet, toMissingPrograms as toMissing } from "../fixtures/maven-jars.ts";

/** The release that the tests run: the newest one that has its tools published and runs on Java 17. */
export const KAFKA_VERSION = "4.3.1";

/** `kafka-tools` has the performance test, `slf4j-simple` lets the broker say why it stops. */
const KAFKA: JarSet = {
  name: `kafka-${KAFKA_VERSION}`,
  artifacts: [
    ["org.apache.kafka", "kafka_2.13", KAFKA_VERSION],
    ["org.apache.kafka", "kafka-tools", KAFKA_VERSION],
    ["org.slf4j", "slf4j-simple", "1.7.36"],
  ],
};

/** What is missing on this machine to run Kafka without Docker; empty if nothing is. */
export function toMissingPrograms(): readonly string[] {
  return toMissing(KAFKA);
}

/**
 * The class path of a Kafka broker and its tools, for `java -cp`. Fetches the jars the first time.
 *
 * @throws Error with Maven's last words
 */
export function fetchKafkaClassPath(): Promise<string> {
  return fetchClassPath(KAFKA);
}
