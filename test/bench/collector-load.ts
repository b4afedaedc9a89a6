import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { SignJWT } from "jose";
import type { TokenKey } from "../../schemas/keyring.ts";

/** The token key of the benchmark's site. */
export const BENCH_KEY: TokenKey = { kid: "bench", site: "bench", alg: "HS256", key: Buffer.alloc(32, 3) };
/** The origin of the benchmark's pages. */
export const BENCH_ORIGIN = "https://www.bench.example";

/** Signed-in people and pages that the load is spread over. */
const PEOPLE = 500;
const PAGES = 400;
/** Different requests that are built before the clock starts. */
const BODIES = 2_000;

/** What one round of load measured. */
export interface LoadResult {
  readonly requestsPerS: number;
  readonly p99Ms: number;
  /** Answers of another status than expected. */
  readonly failed: number;
  readonly requests: number;
}

/** Requests as bytes: beacons of signed-in people with so many events each, as a browser sends them. */
export async function buildRequests(eventsPerBeacon: number): Promise<readonly Buffer[]> {
  const tokens = await Promise.all(Array.from({ length: PEOPLE }, (_, person) => mint(`person-${person}`)));
  return Array.from({ length: BODIES }, (_, index) => {
    const events = Array.from({ length: eventsPerBeacon }, (_, event) => anEvent(index * eventsPerBeacon + event));
    const body = { v: 1, site: "bench", token: tokens[index % PEOPLE], sent_at: Date.now(), events };
    return toRequest(JSON.stringify(body));
  });
}

/** A request with 400 bytes of body, for the bare server. */
export function buildBareRequests(): readonly Buffer[] {
  return [
    toRequest(
      JSON.stringify({ v: 1, site: "bench", events: [anEvent(1)], pad: "" })
        .padEnd(400)
        .slice(0, 400),
    ),
  ];
}

/** Sends requests over keep-alive sockets for so long, one in flight a socket, and counts the answers. */
export async function load(
  port: number,
  requests: readonly Buffer[],
  connections: number,
  durationMs: number,
): Promise<LoadResult> {
  const latenciesMs: number[] = [];
  let failed = 0;
  let next = 0;
  const startedMs = performance.now();
  const endMs = startedMs + durationMs;
  const run = async (): Promise<void> => {
    const socket = connect(port, "127.0.0.1").setNoDelay(true);
    await once(socket, "connect");
    await new Promise<void>((resolve, reject) => {
      let sentMs = 0;
      const send = (): void => {
        sentMs = performance.now();
        if (sentMs >= endMs) resolve();
        else socket.write(requests[next++ % requests.length] ?? "");
      };
      socket.on("data", (answer: Buffer) => {
        latenciesMs.push(performance.now() - sentMs);
        if (answer[9] !== 0x32) failed += 1; // the first digit of the status
        send();
      });
      socket.on("error", reject);
      socket.on("close", () => reject(new Error("Cannot go on with the load: the server closed a connection")));
      send();
    }).finally(() => close(socket));
  };
  await Promise.all(Array.from({ length: connections }, run));
  const seconds = (performance.now() - startedMs) / 1_000;
  latenciesMs.sort((a, b) => a - b);
  const p99Ms = latenciesMs[Math.floor(latenciesMs.length * 0.99)] ?? 0;
  return { requestsPerS: latenciesMs.length / seconds, p99Ms, failed, requests: latenciesMs.length };
}

function close(socket: Socket): void {
  socket.removeAllListeners("close");
  socket.destroy();
}

function mint(sub: string): Promise<string> {
  const iat = Math.floor(Date.now() / 1_000) - 60;
  return new SignJWT({ iss: "bench", aud: "roebuck", sub, acct: "partner", ptn: "acme", iat, exp: iat + 36_000 })
    .setProtectedHeader({ alg: "HS256", typ: "beacon+jwt", kid: BENCH_KEY.kid })
    .sign(BENCH_KEY.key);
}

function anEvent(number: number): object {
  const page = number % PAGES;
  return {
    id: `0193a000-0000-7000-8000-${number.toString(16).padStart(12, "0")}`,
    type: "page_view",
    at: Date.now() - 500,
    url: `https://www.bench.example/guides/topic-${page}/safe-working?utm_source=newsletter&session=${number}`,
    title: `Safe working, part ${page}: what a manager needs to know`,
    referrer: "https://www.bench.example/guides",
    resource: { id: `guide-${page}`, type: "guide", topic: "safety" },
  };
}

function toRequest(body: string): Buffer {
  const head = [
    "POST /v1/beacons HTTP/1.1",
    "host: collector.bench.example",
    `origin: ${BENCH_ORIGIN}`,
    "user-agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "accept: */*",
    "content-type: text/plain;charset=UTF-8",
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}
