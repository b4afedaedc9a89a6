/** Finds a Kafka for the tests: one that is named, one in Docker, or one started on this machine. */
import { spawnSync } from "node:child_process";
import { GenericContainer, Wait } from "testcontainers";
import { KAFKA_VERSION, toMissingPrograms } from "./kafka-jars.ts";
import { attachLocalKafka, findFreePort, type LocalKafka, openLocalKafka } from "./kafka-local.ts";

/** A Kafka to test with. */
export interface FoundKafka extends AsyncDisposable {
  /** `host:port`. */
  readonly brokers: string;
  /** The hold on it, if it may be stopped and started: a broker that is only named may not. */
  readonly local: LocalKafka | undefined;
}

/** Why there is none, and how to get one. */
export interface NoKafka {
  readonly skip: string;
}

const none = { [Symbol.asyncDispose]: async () => undefined };

/**
 * The Kafka named by `ROEBUCK_TEST_KAFKA=host:port` (started by `openLocalKafka` if `ROEBUCK_TEST_KAFKA_FOLDER` names
 * its folder), else one in Docker where an engine answers, else one started here if `ROEBUCK_TEST_KAFKA=local` or
 * `ROEBUCK_REQUIRE_KAFKA=1` asks for it.
 *
 * @throws Error if there is none and `ROEBUCK_REQUIRE_KAFKA=1`
 */
export async function findKafka(environment = process.env): Promise<FoundKafka | NoKafka> {
  const { ROEBUCK_TEST_KAFKA: named = "", ROEBUCK_TEST_KAFKA_FOLDER: folder = "" } = environment;
  const required = environment.ROEBUCK_REQUIRE_KAFKA === "1";
  if (folder !== "") {
    const local = attachLocalKafka(folder);
    return { brokers: local.brokers, local, ...none }; // whoever started it stops it
  }
  if (named !== "" && named !== "local") return { brokers: named, local: undefined, ...none };
  if (named === "" && hasDockerEngine()) return openContainer();
  const missing = toMissingPrograms();
  if ((required || named === "local") && missing.length === 0) return openHere();
  const skip = toSkipLine(missing);
  if (required) throw new Error(skip);
  return { skip };
}

function toSkipLine(missing: readonly string[]): string {
  const here =
    missing.length === 0
      ? "run `npm run test:kafka`"
      : `install ${missing.join(" and ")} and run \`npm run test:kafka\``;
  return `Tests with Kafka are skipped: ${here}, name one (ROEBUCK_TEST_KAFKA=host:port), or start Docker.`;
}

async function openHere(): Promise<FoundKafka> {
  const local = await openLocalKafka();
  return { brokers: local.brokers, local, [Symbol.asyncDispose]: () => local[Symbol.asyncDispose]() };
}

/** Whether Docker answers, and not only its command is there. */
function hasDockerEngine(): boolean {
  return spawnSync("docker", ["info"], { stdio: "ignore", timeout: 10_000 }).status === 0;
}

/** A broker tells clients its own address, so the port outside must be known before it starts. */
async function openContainer(): Promise<FoundKafka> {
  const port = await findFreePort();
  const container = await new GenericContainer(`apache/kafka:${KAFKA_VERSION}`)
    .withExposedPorts({ container: 9_092, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: "1",
      KAFKA_PROCESS_ROLES: "broker,controller",
      KAFKA_CONTROLLER_QUORUM_VOTERS: "1@localhost:9093",
      KAFKA_CONTROLLER_LISTENER_NAMES: "CONTROLLER",
      KAFKA_LISTENERS: "PLAINTEXT://:9092,CONTROLLER://:9093",
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://localhost:${port}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: "1",
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: "0",
      KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: "1000",
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .start();
  return {
    brokers: `localhost:${port}`,
    local: undefined,
    [Symbol.asyncDispose]: async () => {
      await container.stop();
    },
  };
}
