import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toLogFolder } from "../../api/folders.ts";
import { toEpochMs } from "../../schemas/ids.ts";
import { JOURNAL_BEHIND_MS_MAX } from "../../transform/journal-health.ts";
import { type HouseCollector, openHouseCollector } from "../fixtures/house-collector.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const START_MS = Date.parse("2026-11-20T12:00:00Z");

let house: RightsHouse;
let collector: HouseCollector;
beforeAll(async () => {
  house = await openRightsHouse();
  collector = await openHouseCollector(house, {
    // Whoever comes is a server of the site that may tell choices.
    gate: async () => ({ id: "cms", isLimited: false, reaches: () => true, may: () => true }),
  });
});
afterAll(async () => {
  await collector[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

const to = (ms: number) => house.at(new Date(START_MS + ms).toISOString());

/** Tells a choice by the site's server, or by the person's own browser, as it is told in the wire. */
async function tell(sub: string, behaviour: boolean, way: "server" | "browser"): Promise<void> {
  if (way === "server") {
    const choice = { acct: "partner", partner: "acme", sub, choices: { behaviour }, wording: "2026-11" };
    expect((await collector.post("/v1/consents", choice)).status).toBe(200);
    return;
  }
  const chosen = { choices: { behaviour }, wording: "2026-11", at: house.clock.nowMs() };
  expect((await collector.send({ sub }, [collector.toEvent("consent", chosen)])).status).toBe(202);
}

/** Sends a leave that happened at a time of the test; answers its id. */
async function leave(sub: string, atMs: number, extra: readonly object[] = []): Promise<string> {
  const event = collector.toEvent("leave", { at: START_MS + atMs });
  expect((await collector.send({ sub }, [event, ...extra])).status).toBe(202);
  return event.id;
}

async function readFates(): Promise<ReadonlyMap<string, string>> {
  await house.settle();
  const rows = await house.rows<{ id: string; fate: string }>(
    `SELECT toString(event_id) AS id, 'kept' AS fate FROM behaviour
     UNION ALL SELECT toString(event_id), toString(reason) FROM drops`,
  );
  return new Map(rows.map(({ id, fate }) => [id, fate]));
}

describe("a withdrawal of consent", () => {
  it.each(["server", "browser"] as const)("told by the %s covers whatever is processed after it", async (way) => {
    const sub = `by-${way}`;
    to(0);
    await tell(sub, true, way);
    to(HOUR_MS);
    const covered = await leave(sub, HOUR_MS - 1_000);
    await readFates(); // stored while consent is in force
    to(2 * HOUR_MS);
    await tell(sub, false, way);
    const next = await leave(sub, 2 * HOUR_MS);
    to(3 * HOUR_MS);
    const later = await leave(sub, 3 * HOUR_MS - 1_000);
    // Waited on a train since before the withdrawal.
    const queued = await leave(sub, HOUR_MS + 1_000);
    await tell(sub, true, way);
    to(4 * HOUR_MS);
    // Given again: what happened before the withdrawal, or between, stays out; what happens from now on is kept.
    const stillQueued = await leave(sub, HOUR_MS + 2_000);
    const between = await leave(sub, 2 * HOUR_MS + 1_000);
    const anew = await leave(sub, 4 * HOUR_MS - 1_000);
    const fates = await readFates();
    expect(fates.get(covered)).toBe("kept");
    for (const id of [next, later, queued, stillQueued, between]) expect(fates.get(id)).toBe("no_consent");
    expect(fates.get(anew)).toBe("kept");
  });

  it("that comes in one beacon with events holds for these", async () => {
    to(0);
    await tell("together", true, "browser");
    to(HOUR_MS);
    const no = collector.toEvent("consent", {
      choices: { behaviour: false },
      wording: "2026-11",
      at: house.clock.nowMs(),
    });
    const before = await leave("together", HOUR_MS - 1_000, [no]);
    expect((await readFates()).get(before)).toBe("no_consent");
  });

  it("covers events that lie on the log when it is told", async () => {
    to(0);
    await tell("waiting", true, "server");
    to(HOUR_MS);
    let id = "";
    {
      await using _ = await house.service.pauseTransform();
      id = await leave("waiting", HOUR_MS - 1_000);
      to(HOUR_MS + 1_000);
      await tell("waiting", false, "server");
    }
    expect((await readFates()).get(id)).toBe("no_consent");
  });

  it.each(["sec-gpc", "dnt"])(
    "by the browser's %s signal holds for that beacon, whatever was agreed to",
    async (name) => {
      to(0);
      await tell("signal", true, "server");
      to(HOUR_MS);
      const event = collector.toEvent("leave");
      expect((await collector.send({ sub: "signal" }, [event], { [name]: "1" })).status).toBe(202);
      expect((await readFates()).get(event.id)).toBe("no_consent");
    },
  );

  it("is durable once it is answered: it holds after the service was opened anew", async () => {
    to(0);
    await tell("durable", true, "server");
    to(HOUR_MS);
    await tell("durable", false, "server");
    await collector[Symbol.asyncDispose]();
    await house.reopen();
    collector = await openHouseCollector(house, {
      gate: async () => ({ id: "cms", isLimited: false, reaches: () => true, may: () => true }),
    });
    to(2 * HOUR_MS);
    const id = await leave("durable", 2 * HOUR_MS - 1_000);
    expect((await readFates()).get(id)).toBe("no_consent");
  });

  it("leaves 0 events stored of any history of choices, late deliveries and repeats that the policy does not allow", async () => {
    // A small generator of its own, so that a failure can be repeated.
    let state = 20_261_120;
    const next = (below: number) => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return state % below;
    };
    const expected = new Map<string, string>();
    for (let person = 0; person < 12; person += 1) {
      const sub = `history-${person}`;
      /** `[moment, yes]`, oldest first. */
      const choices: [number, boolean][] = [];
      let nowMs = 0;
      for (let step = 0; step < 25; step += 1) {
        nowMs += 1 + next(90) * MINUTE_MS;
        to(nowMs);
        if (next(3) === 0) {
          const yes = next(2) === 0;
          await tell(sub, yes, next(2) === 0 ? "server" : "browser");
          choices.push([nowMs, yes]);
          continue;
        }
        const atMs = Math.max(0, nowMs - (next(2) === 0 ? 0 : next(600) * MINUTE_MS));
        const id = await leave(sub, atMs);
        // By hand: yes was the last word when it happened, and no word since was no.
        const lastWord = choices.findLast(([ms]) => ms <= atMs);
        const isSinceWithdrawn = choices.some(([ms, yes]) => ms > atMs && !yes);
        expected.set(id, lastWord?.[1] === true && !isSinceWithdrawn ? "kept" : "no_consent");
        await house.settle();
      }
    }
    const fates = await readFates();
    expect([...expected].map(([id]) => fates.get(id))).toEqual([...expected.values()]);
    expect(new Set(expected.values())).toEqual(new Set(["kept", "no_consent"]));
  });
});

describe("a withdrawal in other processes", () => {
  let child: ChildProcess | undefined;
  let said = "";
  afterAll(() => {
    child?.kill();
  });

  it("is known within 60 seconds, without anyone asking", async () => {
    const file = fileURLToPath(new URL("../fixtures/journal-follower.ts", import.meta.url));
    child = spawn(process.execPath, [file, toLogFolder(house.settings)], { stdio: ["ignore", "pipe", "inherit"] });
    child.stdout?.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
    await expect.poll(() => said, { timeout: 60_000 }).toContain("ready");
    const person = { ref: house.toRef("far-away"), ptn: "acme", wording: "2026-11", source: "api" as const };
    const consent = { kind: "consent" as const, ...person, purpose: "feedback" as const };
    to(0);
    await house.service.decide([{ ...consent, granted: true, atMs: toEpochMs(house.clock.nowMs() - 1) }]);
    await expect.poll(() => said, { timeout: JOURNAL_BEHIND_MS_MAX }).toContain("feedback true");
    await house.service.decide([{ ...consent, granted: false, atMs: house.clock.nowMs() }]);
    await expect.poll(() => said, { timeout: JOURNAL_BEHIND_MS_MAX }).toContain("feedback false");
    expect(JOURNAL_BEHIND_MS_MAX).toBeLessThanOrEqual(60_000); // a process that is behind for longer says so, and gets no work
  });
});
