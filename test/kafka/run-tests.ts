/** `npm run test:kafka`: starts a Kafka on this machine, runs the tests that need one against it, and stops it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { openLocalKafka } from "./kafka-local.ts";

const wanted = process.argv.slice(2);
await using kafka = await openLocalKafka();
process.stdout.write(`Kafka runs at ${kafka.brokers} (pid ${kafka.pid}).\n`);
const tests = wanted.length > 0 ? wanted : ["test/contract/kafka-log", "test/fault/production"];
const child = spawn(
  "vitest",
  ["run", "--project", "contract", "--project", "fault", "--no-file-parallelism", ...tests],
  {
    stdio: "inherit",
    env: {
      ...process.env,
      ROEBUCK_REQUIRE_KAFKA: "1",
      ROEBUCK_TEST_KAFKA: kafka.brokers,
      ROEBUCK_TEST_KAFKA_FOLDER: kafka.folder,
    },
  },
);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
const [code] = await once(child, "exit");
process.exitCode = typeof code === "number" ? code : 1;
