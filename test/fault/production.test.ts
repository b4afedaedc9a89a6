import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSigningKey } from "../../api/key-files.ts";
import { type EmbeddedWarehouse, openEmbeddedWarehouse } from "../../transform/warehouse/embedded/supervisor.ts";
import { aMatomoVisit, anAccessLine } from "../fixtures/history.ts";
import { BROWSER, Installation, newEventId, thisMonth } from "../fixtures/roebuck-process.ts";
import { RoleProcess } from "../fixtures/role-process.ts";
import { findKafka } from "../kafka/find-kafka.ts";
import { findFreePort } from "../kafka/kafka-local.ts";

const EVENTS = 200_000;
const EVENTS_PER_BEACON = 50;
const PEOPLE = 240;
const SENDERS = 4;
const AWAY_MS = 120_000;
/** Fixed, so that a failure can be repeated with the same course of kills. */
const SEED = 11;

const PATIENCE = { timeout: 60_000, interval: 500 } as const;

const kafka = await findKafka();
if ("skip" in kafka) process.stdout.write(`${kafka.skip}\n`);

describe.skipIf("skip" in kafka)("several processes on a real Kafka", () => {
  const users = [{ name: "roebuck", password: "for-this-test-only", role: "admin" as const }];
  const folder = mkdtempSync(join(tmpdir(), "roebuck-production-"));
  const collectors: RoleProcess[] = [];
  const transforms: RoleProcess[] = [];
  let engine: EmbeddedWarehouse;
  let office: Installation;
  let tokens: string[] = [];

  const openEngine = (port: number) => openEmbeddedWarehouse({ folder: join(folder, "warehouse"), users, port });

  beforeAll(async () => {
    if ("skip" in kafka) return;
    engine = await openEngine(0);
    office = new Installation({
      ROEBUCK_KAFKA_BROKERS: kafka.brokers,
      ROEBUCK_KAFKA_TOPIC_PREFIX: `production-${process.pid}.`,
      ROEBUCK_KAFKA_PARTITIONS: "12",
      ROEBUCK_KAFKA_REPLICAS: "1",
      ROEBUCK_KAFKA_IN_SYNC_MIN: "1",
      ROEBUCK_CLICKHOUSE_URL: engine.url,
      ROEBUCK_CLICKHOUSE_USER: "roebuck",
      ROEBUCK_CLICKHOUSE_PASSWORD: "for-this-test-only",
      ROEBUCK_KEYS_DIR: join(folder, "keys"),
      ROEBUCK_PEOPLE_MIN: "1",
      ROEBUCK_RATE_PER_PERSON: "0",
      ROEBUCK_RATE_PER_ADDRESS: "0",
      ROEBUCK_START_WAIT_SECONDS: "60",
    });
    writeFileSync(join(office.folder, "partners.csv"), "id,name,zone\nacme,Acme,UTC\n");
    await office.ask("partners", "import", "partners.csv");
    for (const [role, list, count] of [
      ["collector", collectors, 2],
      ["transform", transforms, 3],
    ] as const) {
      for (let number = 0; number < count; number += 1) {
        const port = String(await findFreePort());
        const one = new RoleProcess(role, {
          ...office.environment,
          ROEBUCK_PORT: port,
          ROEBUCK_DATA_DIR: join(folder, `${role}-${number}`),
        });
        one.start();
        list.push(one);
      }
    }
    for (const one of [...collectors, ...transforms]) await one.untilReady();
    tokens = await Promise.all(Array.from({ length: PEOPLE }, (_, person) => mint(`person-${person}`)));
  }, 180_000);

  afterAll(async () => {
    for (const one of [...collectors, ...transforms]) await one[Symbol.asyncDispose]();
    await office?.[Symbol.asyncDispose]();
    await engine?.[Symbol.asyncDispose]();
    if (!("skip" in kafka)) await kafka[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  async function mint(sub: string): Promise<string> {
    const key = readSigningKey(join(folder, "keys", "collector.json"), "www");
    if (key === undefined) throw new Error("the import has made the keys");
    const iat = Math.floor(Date.now() / 1_000);
    return new SignJWT({ iss: "www", aud: "roebuck", sub, acct: "partner", ptn: "acme", iat, exp: iat + 36_000 })
      .setProtectedHeader({ alg: "HS256", typ: "beacon+jwt", kid: key.kid })
      .sign(Buffer.from(key.key, "base64url"));
  }

  /** Sends one beacon of searches until it is acknowledged, as the beacon does. Answers how many times it was refused. */
  async function sendUntilTaken(number: number): Promise<{ refused: number; unanswered: number }> {
    const events = Array.from({ length: EVENTS_PER_BEACON }, () => ({
      id: newEventId(),
      type: "search",
      at: Date.now(),
      url: "https://www.example.org/search",
      query: "neglect",
    }));
    const outcome = { refused: 0, unanswered: 0 };
    for (;;) {
      const collector = collectors[(number + outcome.refused + outcome.unanswered) % collectors.length];
      const body = JSON.stringify({ v: 1, site: "www", token: tokens[number % PEOPLE], sent_at: Date.now(), events });
      const answer = await fetch(`${collector?.url}/v1/beacons`, {
        method: "POST",
        headers: { "content-type": "text/plain", "user-agent": BROWSER },
        body,
      }).catch(() => undefined);
      if (answer?.status === 202) return outcome;
      if (answer === undefined) outcome.unanswered += 1;
      else if (answer.status === 503) outcome.refused += 1;
      else throw new Error(`a good beacon was answered with ${answer.status}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async function count(sql: string): Promise<number> {
    return Number(await office.ask("sql", sql, "--format", "TSV"));
  }

  it("count each of 200,000 events exactly once while transforms are killed and the broker is restarted", async () => {
    const beacons = Array.from({ length: EVENTS / EVENTS_PER_BEACON }, (_, number) => number).values();
    const stop = new AbortController();
    const trouble = makeTrouble(stop.signal);
    await Promise.all(
      Array.from({ length: SENDERS }, async () => {
        for (const number of beacons) await sendUntilTaken(number);
      }),
    );
    stop.abort();
    expect(await trouble).toBeGreaterThan(2);
    await office.ask("close", thisMonth());
    const record = JSON.parse(await office.ask("record", thisMonth(), "acme", "--format", "json"));
    expect(record.figures.Searches_Platform).toBe(EVENTS);
    expect(record.how_counted).toMatchObject({ received: EVENTS, counted: EVENTS, dropped: {} });
    expect(record.figures.active_people).toBe(PEOPLE);
    // An event that was sent again because its answer was lost is two rows of one id; nothing else may be.
    expect(await count("SELECT uniqExact(event_id) FROM engagement")).toBe(EVENTS);
  }, 900_000);

  /** Kills and starts transforms at random and restarts the broker until told to stop. Answers how many kills there were. */
  async function makeTrouble(signal: AbortSignal): Promise<number> {
    let state = SEED;
    let kills = 0;
    for (let round = 0; !signal.aborted || kills < 3; round += 1) {
      state = (state * 48_271) % 2_147_483_647;
      await new Promise((resolve) => setTimeout(resolve, 1_000 + (state % 3_000)));
      const victim = transforms[state % transforms.length];
      await victim?.end("SIGKILL");
      kills += 1;
      victim?.start();
      if (round === 2 && !("skip" in kafka)) await kafka.local?.restart("SIGTERM");
    }
    for (const one of transforms) await one.untilReady();
    return kills;
  }

  it("take beacons while the warehouse is away for two minutes, and then catch up twice as fast as they came", async () => {
    const before = await count("SELECT uniqExact(event_id) FROM engagement");
    const { port } = engine;
    await engine[Symbol.asyncDispose]();
    const startedMs = performance.now();
    let taken = 0;
    while (performance.now() - startedMs < AWAY_MS) {
      const outcome = await sendUntilTaken(taken);
      expect(outcome).toEqual({ refused: 0, unanswered: 0 });
      taken += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const intakeMs = performance.now() - startedMs;
    engine = await openEngine(port);
    const backMs = performance.now();
    const wanted = before + taken * EVENTS_PER_BEACON;
    await expect
      .poll(() => count("SELECT uniqExact(event_id) FROM engagement"), { timeout: 120_000, interval: 500 })
      .toBe(wanted);
    expect((performance.now() - backMs) * 2).toBeLessThan(intakeMs);
  }, 400_000);

  it.each([
    ["an unreachable broker", { ROEBUCK_KAFKA_BROKERS: "127.0.0.1:1" }, "collector", /127\.0\.0\.1:1/],
    [
      "an unreachable warehouse",
      { ROEBUCK_CLICKHOUSE_URL: "http://127.0.0.1:1" },
      "transform",
      /ClickHouse|warehouse/i,
    ],
    ["a wrong password of the warehouse", { ROEBUCK_CLICKHOUSE_PASSWORD: "wrong" }, "transform", /516|password/i],
    [
      "a topic that is missing and may not be created",
      { ROEBUCK_KAFKA_TOPIC_PREFIX: "absent.", ROEBUCK_KAFKA_CREATE_TOPICS: "no" },
      "collector",
      /absent\./,
    ],
    ["no Kafka at all", { ROEBUCK_KAFKA_BROKERS: "" }, "collector", /ROEBUCK_KAFKA_BROKERS/],
  ])(
    "end with a message that says what to do for %s",
    async (_, environment, role, message) => {
      const port = String(await findFreePort());
      await using one = new RoleProcess(role, {
        ...office.environment,
        ROEBUCK_PORT: port,
        ROEBUCK_START_WAIT_SECONDS: "1",
        ...environment,
      });
      one.start();
      expect(await one.untilEnded()).toBe(1);
      expect(one.logged).toMatch(message);
    },
    60_000,
  );

  it("let an analyst's query read and nothing else", async () => {
    const { code, err } = await office.run("sql", "INSERT INTO partners (id) VALUES ('x')");
    expect([code, err]).toEqual([1, expect.stringContaining("refused")]);
    expect(await count("SELECT count() FROM partners WHERE id = 'x'")).toBe(0);
  }, 60_000);

  it("count the histories of a web server and of Matomo once, however often they are given", async () => {
    const log = join(folder, "access.log");
    const visits = join(folder, "visits.json");
    writeFileSync(
      log,
      [anAccessLine(), anAccessLine({ request: "GET /grown HTTP/1.1" })].map((line) => `${line}\n`).join(""),
    );
    writeFileSync(visits, JSON.stringify([aMatomoVisit(), aMatomoVisit({ userId: "another" })]));
    const views = () => count("SELECT sum(views) FROM statistics_v1");
    const before = await views();
    await office.ask("import", "access-log", log);
    await expect.poll(views, PATIENCE).toBe(before + 2);
    await office.ask("import", "matomo", visits);
    await expect.poll(views, PATIENCE).toBeGreaterThan(before + 2);
    const all = await views();
    expect(await office.ask("import", "access-log", log)).toContain("2 lines, 2 of them in already");
    expect(await office.ask("import", "matomo", visits)).toContain("2 of them in already");
    // Whatever comes through the log comes in its order: what follows is counted when a repetition would be.
    writeFileSync(log, `${anAccessLine({ request: "GET /last HTTP/1.1" })}\n`, { flag: "a" });
    await office.ask("import", "access-log", log);
    await expect.poll(views, PATIENCE).toBe(all + 1);
  }, 180_000);

  it("ends in order on SIGTERM", async () => {
    for (const one of [...collectors, ...transforms]) expect(await one.end()).toBe(0);
  }, 60_000);
});
