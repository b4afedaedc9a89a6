import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import type { BenchRow } from "./bench-row.ts";
import { buildBareRequests, buildRequests, type LoadResult, load } from "./collector-load.ts";

const CONNECTIONS = 64;
const ROUNDS = 3;
const ROUND_MS = 3_000;

interface Usage {
  readonly cpu: NodeJS.CpuUsage;
  readonly rssBytes: number;
}

interface Round extends LoadResult {
  readonly cpuUsPerRequest: number;
  readonly rssMb: number;
}

/**
 * The collector beside bare Hono on the same machine in the same minutes: requests and CPU time of one-event beacons,
 * p99, memory, and events of 50-event beacons. Each server has its own process; rounds take turns.
 */
export async function benchCollector(): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "roebuck-bench-"));
  const bare = await start("bare", folder);
  const collector = await start("collector", folder, readShippedEnvironment());
  try {
    const [bareRequests, single, fifty] = [buildBareRequests(), await buildRequests(1), await buildRequests(50)];
    await measure(bare, bareRequests, 1_000);
    await measure(collector, single, 1_000);
    const bareRounds: Round[] = [];
    const singleRounds: Round[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      bareRounds.push(await measure(bare, bareRequests, ROUND_MS));
      singleRounds.push(await measure(collector, single, ROUND_MS));
    }
    const fiftyRounds = [await measure(collector, fifty, ROUND_MS), await measure(collector, fifty, ROUND_MS)];
    return toRows(toMiddle(bareRounds), toMiddle(singleRounds), toMiddle(fiftyRounds));
  } finally {
    bare.child.kill();
    collector.child.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

function toRows(bare: Round, single: Round, fifty: Round): BenchRow[] {
  const stage = "collector";
  const limitWhat = "bare Hono reading 400 bytes, 204";
  const speed = single.requestsPerS / bare.requestsPerS;
  const work = bare.cpuUsPerRequest / single.cpuUsPerRequest;
  const events = fifty.requestsPerS * 50;
  return [
    {
      ...{ stage, what: "beacons of one event", value: single.requestsPerS, unit: "requests/s" },
      ...{ limit: bare.requestsPerS, limitWhat, ratio: speed, bar: ">= 75 %", met: speed >= 0.75 },
    },
    {
      ...{ stage, what: "CPU time of a beacon", value: single.cpuUsPerRequest, unit: "us" },
      ...{ limit: bare.cpuUsPerRequest, limitWhat, ratio: work, bar: ">= 75 %", met: work >= 0.75 },
    },
    {
      ...{ stage, what: "p99 of a beacon", value: single.p99Ms, unit: "ms", limit: bare.p99Ms, limitWhat },
      ...{ ratio: bare.p99Ms / single.p99Ms, bar: "<= 3 x bare", met: single.p99Ms <= 3 * bare.p99Ms },
    },
    {
      ...{
        stage,
        what: "memory after one-event beacons",
        value: single.rssMb,
        unit: "MB",
        limit: bare.rssMb,
        limitWhat,
      },
      ...{ ratio: bare.rssMb / single.rssMb, bar: "<= 150 MB", met: single.rssMb <= 150 },
    },
    {
      ...{ stage, what: "beacons of 50 events", value: events, unit: "events/s" },
      ...{ limit: bare.requestsPerS * 50, limitWhat: "bare Hono, were its requests full" },
      ...{ ratio: events / (bare.requestsPerS * 50), bar: ">= 100,000/s", met: events >= 100_000 },
    },
  ];
}

interface Started {
  readonly child: ChildProcess;
  readonly port: number;
}

async function start(kind: string, folder: string, shipped: Record<string, string> = {}): Promise<Started> {
  const env = { ...process.env, ...shipped };
  const child = fork(new URL("./collector-child.ts", import.meta.url), [kind, folder], { execArgv: [], env });
  const [message] = (await once(child, "message")) as [{ port: number }]; // what the child sends first
  return { child, port: message.port };
}

async function toUsage({ child }: Started): Promise<Usage> {
  child.send("usage");
  const [usage] = (await once(child, "message")) as [Usage]; // what the child answers
  return usage;
}

async function measure(server: Started, requests: readonly Buffer[], durationMs: number): Promise<Round> {
  const before = await toUsage(server);
  const result = await load(server.port, requests, CONNECTIONS, durationMs);
  const after = await toUsage(server);
  if (result.failed > 0) throw new Error(`Cannot trust the benchmark: ${result.failed} requests were refused`);
  const cpuUs = after.cpu.user + after.cpu.system - before.cpu.user - before.cpu.system;
  return { ...result, cpuUsPerRequest: cpuUs / result.requests, rssMb: after.rssBytes / 1_048_576 };
}

/** What the compose file gives a collector's process beside our settings: how Node and the allocator keep memory. */
function readShippedEnvironment(): Record<string, string> {
  const file = readFileSync(new URL("../../docker-compose.yml", import.meta.url), "utf8");
  const { services } = parse(file, { merge: true }) as ComposeFile; // a test holds it to the specification
  const given = Object.entries(services.collector.environment);
  return Object.fromEntries(given.filter(([name]) => !name.startsWith("ROEBUCK_")));
}

interface ComposeFile {
  readonly services: { readonly collector: { readonly environment: Record<string, string> } };
}

/** The round with the median speed. */
function toMiddle(rounds: readonly Round[]): Round {
  const sorted = [...rounds].sort((a, b) => a.requestsPerS - b.requestsPerS);
  const median = sorted[Math.floor(sorted.length / 2)];
  if (median === undefined) throw new Error("Cannot take a median: there was no round");
  return median;
}

if (import.meta.main) console.table(await benchCollector());
