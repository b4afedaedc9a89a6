import type { Hono } from "hono";
import { ANSWER_HEADERS } from "./cors.ts";
import { TimeLimit } from "./time-limit.ts";

/** Longest wait for one check, ms. */
const CHECK_MS_MAX = 2_000;

/** One thing that must be well for beacons to be taken. */
export interface Check {
  /** Fixed words, such as `log`. */
  readonly name: string;
  /** True if it is well. A rejection, or no answer within 2 s, counts as false. */
  check(): Promise<boolean>;
}

/** Adds `/healthz` (the process answers), `/readyz` (beacons can be taken) and `/metrics` (Prometheus text). */
export function addHealthRoutes(
  app: Hono,
  checks: readonly Check[],
  toMetrics: () => Promise<string>,
  elapsedMs: () => number,
): void {
  const limit = new TimeLimit(CHECK_MS_MAX, elapsedMs);
  app.get("/healthz", () => Response.json({ alive: true }, { headers: ANSWER_HEADERS }));
  app.get("/readyz", async () => {
    const results = await Promise.all(
      checks.map(async (check) => ({ name: check.name, ok: await isWell(check, limit) })),
    );
    const ready = results.every(({ ok }) => ok);
    return Response.json({ ready, checks: results }, { status: ready ? 200 : 503, headers: ANSWER_HEADERS });
  });
  app.get("/metrics", async () => {
    const headers = { ...ANSWER_HEADERS, "content-type": "text/plain; version=0.0.4; charset=utf-8" };
    return new Response(await toMetrics(), { headers });
  });
}

async function isWell(check: Check, limit: TimeLimit): Promise<boolean> {
  try {
    return await limit.run(check.check());
  } catch {
    return false;
  }
}
