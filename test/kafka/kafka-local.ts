/** A real Kafka on this machine without Docker: `npm run kafka:local` prints its address and runs it until it is told to stop. */
import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { Kafka, logLevel } from "kafkajs";
import { fetchKafkaClassPath } from "./kafka-jars.ts";

/** How to run the broker. */
export interface LocalKafkaOptions {
  /** Most heap of the broker, MB (default 384). */
  readonly heapMb?: number;
  /** Broker settings beyond those of `toProperties`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A user of the listener that asks for a password (SASL PLAIN). */
export interface LocalKafkaUser {
  readonly username: string;
  readonly password: string;
}

/** One broker that is its own controller, on loopback, with its data in a folder of its own. */
export interface LocalKafka extends AsyncDisposable {
  /** `host:port` of the listener that asks for nothing. */
  readonly brokers: string;
  /** `host:port` of the listener that asks for a password. */
  readonly passwordBrokers: string;
  /** Holds settings, data, what the broker said, and its pid; all that another process needs to take hold of it. */
  readonly folder: string;
  /** Of the broker now. */
  readonly pid: number;
  /** Stops the broker and starts it again over the same data, at the same ports; resolves when it answers. */
  restart(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Stops the broker; its data stays. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
  /** Starts it again after `stop`. */
  start(): Promise<void>;
}

/** May do everything, with a password. */
export const MIGHTY_USER: LocalKafkaUser = { username: "roebuck", password: "correct-horse" };
/** May do nothing, with a password. */
export const POWERLESS_USER: LocalKafkaUser = { username: "stranger", password: "battery-staple" };

const startMsMax = 90_000;
const stopMsMax = 20_000;

interface Ports {
  readonly plain: number;
  readonly password: number;
  readonly controller: number;
}

/** What the broker runs with: nothing waits for others, no file grows large, rights are checked. */
function toProperties(folder: string, { plain, password, controller }: Ports, more: Readonly<Record<string, string>>) {
  const host = "127.0.0.1";
  const users = [MIGHTY_USER, POWERLESS_USER].map((user) => `user_${user.username}="${user.password}"`);
  const listeners = `PLAINTEXT://${host}:${plain},SASL_PLAINTEXT://${host}:${password}`;
  const properties = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.voters": `1@${host}:${controller}`,
    "controller.listener.names": "CONTROLLER",
    listeners: `${listeners},CONTROLLER://${host}:${controller}`,
    "advertised.listeners": listeners,
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "sasl.enabled.mechanisms": "PLAIN",
    "listener.name.sasl_plaintext.plain.sasl.jaas.config": `org.apache.kafka.common.security.plain.PlainLoginModule required ${users.join(" ")};`,
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": `User:ANONYMOUS;User:${MIGHTY_USER.username}`,
    "log.dirs": join(folder, "data"),
    "auto.create.topics.enable": "false",
    "num.network.threads": "2",
    "num.io.threads": "2",
    "num.recovery.threads.per.data.dir": "1",
    "log.cleaner.dedupe.buffer.size": "8388608",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    ...more,
  };
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");
}

/** A TCP port of loopback that nobody uses now. */
export async function findFreePort(): Promise<number> {
  const [server, port] = await holdPort();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Held together until all are found, so that no two are the same. */
async function findFreePorts(): Promise<Ports> {
  const held = await Promise.all([holdPort(), holdPort(), holdPort()]);
  await Promise.all(held.map(([server]) => new Promise((resolve) => server.close(resolve))));
  const [[, plain], [, password], [, controller]] = held;
  return { plain, password, controller };
}

async function holdPort(): Promise<readonly [Server, number]> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server has no port");
  return [server, address.port];
}

/** Starts a Kafka of its own in a temporary folder. Disposing of it stops it by its pid and removes the folder. */
export async function openLocalKafka(options: LocalKafkaOptions = {}): Promise<LocalKafka> {
  const classPath = await fetchKafkaClassPath();
  const folder = mkdtempSync(join(tmpdir(), "roebuck-kafka-"));
  const ports = await findFreePorts();
  const properties = join(folder, "server.properties");
  writeFileSync(properties, toProperties(folder, ports, options.settings ?? {}));
  writeFileSync(join(folder, "ports.json"), JSON.stringify({ ...ports, heapMb: options.heapMb ?? 384 }));
  const clusterId = randomBytes(16).toString("base64url");
  const format = ["-Xmx128m", "-cp", classPath, "kafka.tools.StorageTool", "format", "-t", clusterId, "-c", properties];
  const kafka = attachLocalKafka(folder);
  try {
    await promisify(execFile)("java", format, { timeout: startMsMax });
    await kafka.start();
    return kafka;
  } catch (error) {
    await kafka[Symbol.asyncDispose]();
    throw error;
  }
}

/** Takes hold of a Kafka that `openLocalKafka` started, here or in another process. */
export function attachLocalKafka(folder: string): LocalKafka {
  return new RunningKafka(folder);
}

class RunningKafka implements LocalKafka {
  readonly folder: string;
  readonly #heapMb: number;
  readonly brokers: string;
  readonly passwordBrokers: string;

  constructor(folder: string) {
    this.folder = folder;
    // written by openLocalKafka above
    const facts = JSON.parse(readFileSync(join(folder, "ports.json"), "utf8")) as Ports & { heapMb: number };
    this.#heapMb = facts.heapMb;
    this.brokers = `127.0.0.1:${facts.plain}`;
    this.passwordBrokers = `127.0.0.1:${facts.password}`;
  }

  get pid(): number {
    return existsSync(this.#pidFile) ? Number(readFileSync(this.#pidFile, "utf8")) : 0;
  }

  async restart(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    await this.stop(signal);
    await this.start();
  }

  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    const { pid } = this;
    if (pid === 0) return;
    trySignal(pid, signal);
    const until = performance.now() + stopMsMax;
    while (trySignal(pid, 0)) {
      if (performance.now() > until) trySignal(pid, "SIGKILL");
      await pause(50);
    }
    rmSync(this.#pidFile, { force: true });
  }

  async start(): Promise<void> {
    const said = openSync(this.#outputFile, "a");
    const heap = [`-Xmx${this.#heapMb}m`, "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
    const logging = ["-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-Dorg.slf4j.simpleLogger.showDateTime=true"];
    const program = ["-cp", await fetchKafkaClassPath(), "kafka.Kafka", join(this.folder, "server.properties")];
    const child = spawn("java", [...heap, ...logging, ...program], { stdio: ["ignore", said, said], detached: true });
    closeSync(said);
    if (child.pid === undefined) throw new Error("Cannot start Kafka: java does not run. Install Java 17 or later.");
    writeFileSync(this.#pidFile, String(child.pid));
    child.unref();
    await this.#waitUntilItAnswers(child.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  get #pidFile(): string {
    return join(this.folder, "pid");
  }

  get #outputFile(): string {
    return join(this.folder, "output.txt");
  }

  async #waitUntilItAnswers(pid: number): Promise<void> {
    const until = performance.now() + startMsMax;
    while (!(await answers(this.brokers))) {
      if (!trySignal(pid, 0) || performance.now() > until) {
        const said = readFileSync(this.#outputFile, "utf8").slice(-1_500);
        throw new Error(`Cannot start Kafka at ${this.brokers}: it did not answer. It said: ${said}`);
      }
      await pause(250);
    }
  }
}

/** Whether the process was there to be signalled. A zombie that its parent has not yet buried counts as gone. */
function trySignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch (error) {
    // no /proc on macOS: the signal went through, so the process is there
    return error instanceof Error && "code" in error && error.code === "ENOENT" && process.platform !== "linux";
  }
}

/** Whether a broker answers at this address now. */
export async function answers(brokers: string): Promise<boolean> {
  const admin = new Kafka({
    brokers: brokers.split(","),
    connectionTimeout: 1_000,
    requestTimeout: 2_000,
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  }).admin();
  try {
    await admin.connect();
    const { controller, brokers: found } = await admin.describeCluster();
    return found.length > 0 && controller !== null;
  } catch {
    return false;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function runUntilTold(): Promise<void> {
  await using kafka = await openLocalKafka();
  const told = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  process.stdout.write(`${kafka.brokers}\n`);
  const alive = setInterval(() => undefined, 60_000);
  await told;
  clearInterval(alive);
}

if (import.meta.main) await runUntilTold();
