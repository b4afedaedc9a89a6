/**
 * One server of the collector's benchmark, in a process of its own so that its CPU time can be told.
 *
 * `bare` is the limit: Hono that reads the body and answers 204. `collector` is everything: SQLite log in the folder
 * named by the second argument, token keys, limits, country data. Speaks to its parent by IPC.
 */
import { Hono } from "hono";
import { createCollector } from "../../ingest/app.ts";
import { openCountry } from "../../ingest/country.ts";
import { openSqliteLog } from "../../ingest/log/sqlite-log.ts";
import { openServer } from "../../ingest/server.ts";
import { toEpochMs } from "../../schemas/ids.ts";
import { EMPTY_JOURNAL } from "../../schemas/journal.ts";
import { parseSettings } from "../../schemas/settings.ts";
import { BENCH_KEY, BENCH_ORIGIN } from "./collector-load.ts";

const [kind, folder = ""] = process.argv.slice(2);

async function toApp(): Promise<Hono> {
  if (kind === "bare") {
    const app = new Hono();
    app.post("/v1/beacons", async (context) => {
      await context.req.text();
      return context.body(null, 204);
    });
    return app;
  }
  const settings = parseSettings({ ROEBUCK_RATE_PER_PERSON: "10000000", ROEBUCK_RATE_PER_ADDRESS: "10000000" });
  if ("problems" in settings) throw new Error(settings.problems.join(" "));
  const clock = { nowMs: () => toEpochMs(Date.now()) };
  const keys = { sealKey: Buffer.alloc(32, 7), tokenKeys: new Map([[BENCH_KEY.kid, BENCH_KEY]]) };
  const partners = new Map([["acme", { id: "acme", zone: "Europe/London", joinedMs: toEpochMs(0) }]]);
  return createCollector({
    log: await openSqliteLog({ folder, clock, role: "writer" }),
    clock,
    keys: () => keys,
    decide: async () => undefined,
    journal: () => ({ ...EMPTY_JOURNAL, partners }),
    sites: [{ id: "bench", origins: [BENCH_ORIGIN] }],
    country: await openCountry(settings),
    settings,
    checks: [],
    logger: { info: () => {}, warn: (sentence, facts) => console.error(sentence, facts) },
  });
}

const server = await openServer(await toApp(), { host: "127.0.0.1", port: 0 });
process.on("message", () => process.send?.({ cpu: process.cpuUsage(), rssBytes: process.memoryUsage.rss() }));
process.on("disconnect", () => process.exit(0));
process.send?.({ port: server.port });
