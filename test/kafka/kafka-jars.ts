/** Kafka's jars from the Java registry that this machine's Maven knows; kept in a cache folder, so fetched once. */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

/** The release that the tests run: the newest one that has its tools published and runs on Java 17. */
export const KAFKA_VERSION = "4.3.1";

const fetchMsMax = 300_000;

/** One artifact to fetch; `kafka-tools` has the performance test, `slf4j-simple` lets the broker say why it stops. */
const artifacts: readonly (readonly [group: string, artifact: string, version: string])[] = [
  ["org.apache.kafka", "kafka_2.13", KAFKA_VERSION],
  ["org.apache.kafka", "kafka-tools", KAFKA_VERSION],
  ["org.slf4j", "slf4j-simple", "1.7.36"],
];

function toPom(): string {
  const dependencies = artifacts.map(
    ([group, artifact, version]) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`,
  );
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0">',
    "<modelVersion>4.0.0</modelVersion>",
    "<groupId>roebuck</groupId><artifactId>kafka-local</artifactId><version>1</version><packaging>pom</packaging>",
    `<dependencies>${dependencies.join("")}</dependencies>`,
    "</project>",
  ].join("\n");
}

/** Whether a program answers to being asked for its version. */
export function hasProgram(name: string, versionFlag: string): boolean {
  return spawnSync(name, [versionFlag], { stdio: "ignore", timeout: 20_000 }).status === 0;
}

/** What is missing on this machine to run Kafka without Docker; empty if nothing is. */
export function toMissingPrograms(): readonly string[] {
  return [
    ...(hasProgram("java", "-version") ? [] : ["Java 17 or later"]),
    ...(existsSync(toJarFolder()) || hasProgram("mvn", "--version") ? [] : ["Maven (mvn)"]),
  ];
}

function toJarFolder(): string {
  return join(homedir(), ".cache", "roebuck", `kafka-${KAFKA_VERSION}`, "jars");
}

/**
 * The class path of a Kafka broker and its tools, for `java -cp`. Fetches the jars the first time.
 *
 * @throws Error with Maven's last words
 */
export async function fetchKafkaClassPath(): Promise<string> {
  const jars = toJarFolder();
  if (!existsSync(jars)) {
    const folder = join(jars, "..");
    const fresh = join(folder, `fresh-${process.pid}`);
    mkdirSync(fresh, { recursive: true });
    try {
      await copyJars(fresh);
      if (!existsSync(jars)) renameSync(join(fresh, "jars"), jars); // whole or not at all
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
  }
  return join(jars, "*");
}

async function copyJars(folder: string): Promise<void> {
  const pom = join(folder, "pom.xml");
  writeFileSync(pom, toPom());
  const goals = ["dependency:copy-dependencies", "-DincludeScope=runtime", `-DoutputDirectory=${join(folder, "jars")}`];
  try {
    await promisify(execFile)("mvn", ["-B", "-q", "-f", pom, ...goals], { timeout: fetchMsMax });
  } catch (error) {
    const said = error instanceof Error && "stdout" in error ? String(error.stdout).slice(-600) : String(error);
    throw new Error(`Cannot fetch Kafka ${KAFKA_VERSION} with mvn: ${said}`, { cause: error });
  }
}
