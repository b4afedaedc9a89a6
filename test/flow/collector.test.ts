import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { toSubjectRef } from "../../ingest/seal.ts";
import type { ErrorCode } from "../../schemas/errors.ts";
import { toEpochMs } from "../../schemas/ids.ts";
import { EMPTY_JOURNAL } from "../../schemas/journal.ts";
import {
  aBeacon,
  aKeySet,
  anEvent,
  aToken,
  NOW_MS,
  SEAL_KEY,
  startCollector,
  type TestCollector,
} from "../fixtures/collector.ts";
import { openSocket, readToEnd, toHead } from "../fixtures/raw-http.ts";

const ORIGIN = "https://intranet.example";

async function start(options: Parameters<typeof startCollector>[0] = {}): Promise<TestCollector> {
  const collector = await startCollector(options);
  onTestFinished(() => collector[Symbol.asyncDispose]());
  return collector;
}

async function toCode(response: Response): Promise<string> {
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem = (await response.json()) as { code: string; status: number }; // its form is checked by the caller
  expect(problem.status).toBe(response.status);
  return problem.code;
}

async function metric(collector: TestCollector, line: string): Promise<string | undefined> {
  const text = await (await fetch(`${collector.url}/metrics`)).text();
  return text
    .split("\n")
    .find((candidate) => candidate.startsWith(`${line} `))
    ?.slice(line.length + 1);
}

describe("a beacon with a token", () => {
  it("is answered 202 once its events are on the log, under the person's reference", async () => {
    const collector = await start();
    const response = await collector.post(
      aBeacon({ token: await aToken(), events: [anEvent(), anEvent({ type: "play" })] }),
    );
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ accepted: 2, rejected: [] });
    const ref = toSubjectRef(SEAL_KEY, "partner", "acme", "user-4711");
    expect(collector.log.records.map(({ key }) => key)).toEqual([ref]);
    expect(collector.log.beacons()).toMatchObject([
      {
        site: "intranet",
        receivedMs: NOW_MS,
        country: "GB",
        agent: { device: "desktop", browser: "Chrome", os: "Windows", robot: false },
        person: { ref, ptn: "acme" },
        events: [{ type: "page_view" }, { type: "play" }],
      },
    ]);
  });

  it("writes neither token, user id, address nor user agent", async () => {
    const collector = await start({ settings: { trustedProxies: "127.0.0.1" } });
    const token = await aToken();
    await collector.post(aBeacon({ token }), {
      "x-forwarded-for": "203.0.113.77",
      cookie: "session=user-4711",
      referer: "https://intranet.example/?user-4711",
    });
    for (const mark of [token, "user-4711", "203.0.113", "AppleWebKit", "session"])
      expect(collector.log.text()).not.toContain(mark);
  });

  it("takes what is good, and tells which events are not", async () => {
    const collector = await start();
    const response = await collector.post(
      aBeacon({ token: await aToken(), events: [anEvent({ type: "keystroke" }), anEvent(), anEvent({ url: 1 })] }),
    );
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({
      accepted: 1,
      rejected: [
        { index: 0, code: "event_invalid", detail: expect.stringContaining("type: must be one of") },
        { index: 2, code: "event_invalid", detail: expect.stringContaining("url: expected string") },
      ],
    });
    expect(collector.log.beacons()[0]?.events).toHaveLength(1);
  });

  it("may hold 50 events", async () => {
    const collector = await start();
    const fifty = await collector.post(
      aBeacon({ token: await aToken(), events: Array.from({ length: 50 }, () => anEvent()) }),
    );
    expect(await fifty.json()).toEqual({ accepted: 50, rejected: [] });
    const more = await collector.post(
      aBeacon({ token: await aToken(), events: Array.from({ length: 51 }, () => anEvent()) }),
    );
    expect(await toCode(more)).toBe("body_invalid");
  });

  it("may hold fields that nobody knows; they are counted and not kept", async () => {
    const collector = await start();
    const response = await collector.post(
      aBeacon({ token: await aToken(), surprise: "planted", events: [anEvent({ one: "planted", two: 2 })] }),
    );
    expect(response.status).toBe(202);
    expect(collector.log.text()).not.toContain("planted");
    expect(await metric(collector, "roebuck_unknown_fields_total")).toBe("3");
  });

  it("is kept with its page if a resource is described badly; that is counted", async () => {
    const collector = await start();
    const token = await aToken();
    const events = [{ id: "guide-12", type: "guide", topic: null }, [], { id: 12, type: "guide" }].map((resource) =>
      anEvent({ resource }),
    );
    expect(await (await collector.post(aBeacon({ token, events }))).json()).toEqual({ accepted: 3, rejected: [] });
    expect(collector.log.beacons()[0]?.events.map(({ resource }) => resource?.id)).toEqual([
      undefined,
      undefined,
      "12",
    ]);
    expect(await metric(collector, "roebuck_resources_broken_total")).toBe("2");
  });

  it("harms nothing when it is replayed: the log holds the same event id again", async () => {
    const collector = await start();
    const body = JSON.stringify(aBeacon({ token: await aToken() }));
    for (let time = 0; time < 3; time += 1) expect((await collector.post(body)).status).toBe(202);
    expect(new Set(collector.log.beacons().map((beacon) => beacon.events[0]?.id)).size).toBe(1);
  });

  it("keeps its time by the server's clock, however wrong the sender's is", async () => {
    const collector = await start();
    await collector.post(aBeacon({ token: await aToken(), sent_at: 10_000, events: [anEvent({ at: 4_000 })] }));
    expect(collector.log.beacons()[0]?.events[0]?.atMs).toBe(NOW_MS - 6_000);
  });

  it.each(["sec-gpc", "dnt"])(
    "of a browser that sends %s carries a no to all that needs consent, and loses nothing else",
    async (header) => {
      const collector = await start();
      const token = await aToken({ consent: { behaviour: true, feedback: true } });
      await collector.post(aBeacon({ token }));
      await collector.post(aBeacon({ token }), { [header]: "1" });
      const [before, after] = collector.log.beacons();
      expect(before?.person.consent).toEqual({ behaviour: true, feedback: true });
      expect(after?.person).toEqual({ ...before?.person, consent: { behaviour: false, feedback: false } });
      expect(after?.events).toHaveLength(1);
    },
  );

  it("of a robot is kept and marked, for the transform to count", async () => {
    const collector = await start();
    await collector.post(aBeacon({ token: await aToken() }), { "user-agent": "Googlebot/2.1" });
    expect(collector.log.beacons()[0]?.agent.robot).toBe(true);
  });
});

describe("a beacon without a token", () => {
  it("leaves sums and nothing else, and is answered when they are on the log", async () => {
    const collector = await start();
    const referrer = "https://search.example/?q=john";
    const answers = await Promise.all([
      collector.post(aBeacon({ events: [anEvent({ referrer, title: "T" }), anEvent()] })),
      collector.post(aBeacon({ events: [anEvent({ referrer })] })),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([202, 202]);
    const cell = {
      hourMs: Date.UTC(2026, 10, 24, 9),
      site: "intranet",
      path: "/guides/safe",
      country: "GB",
      device: "desktop",
    };
    expect(collector.log.statistics()).toEqual([
      {
        kind: "statistics",
        v: 1,
        cells: [
          { ...cell, referrer: "search.example", views: 2, visits: 2 },
          { ...cell, referrer: "", views: 1, visits: 0 },
        ],
      },
    ]);
    expect(await metric(collector, "roebuck_statistics_views_total")).toBe("3");
  });

  it.each([
    ["Global Privacy Control", { "sec-gpc": "1" }, {}, "opted_out"],
    ["Do Not Track", { dnt: "1" }, {}, "opted_out"],
    ["a robot", { "user-agent": "Googlebot/2.1" }, {}, "robot"],
    ["no user agent", { "user-agent": "" }, {}, "robot"],
    ["an event that is no page view", {}, { type: "search", query: "x" }, "other_type"],
    ["a time that cannot be", {}, { at: 0 }, "implausible_time"],
  ])("is accepted and leaves no trace with %s", async (_, headers, changes, reason) => {
    const collector = await start();
    const response = await collector.post(aBeacon({ events: [anEvent(changes)] }), headers);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ accepted: 1, rejected: [] });
    expect(collector.log.records).toEqual([]);
    expect(await metric(collector, `roebuck_events_uncounted_total{reason="${reason}"}`)).toBe("1");
  });

  it("is refused while the log is away, and counted once when it is sent again", async () => {
    const collector = await start();
    collector.log.failing = "unavailable";
    expect(await toCode(await collector.post(aBeacon()))).toBe("log_unavailable");
    collector.log.failing = undefined;
    expect((await collector.post(aBeacon())).status).toBe(202);
    expect(collector.log.statistics().map(({ cells }) => cells[0]?.views)).toEqual([1]);
  });

  const toCounted = ({ log }: TestCollector) =>
    log
      .statistics()
      .flatMap(({ cells }) => cells.map(({ views }) => views))
      .reduce((sum, views) => sum + views, 0);

  it("counts an id once, sent again after its answer, at the same time, in capitals or twice in one beacon", async () => {
    const collector = await start();
    const [first, second] = [anEvent(), anEvent()];
    const body = aBeacon({ events: [first, second, first] });
    const together = await Promise.all([collector.post(body), collector.post(body), collector.post(body)]);
    const later = [await collector.post(aBeacon({ events: [{ ...first, id: String(first.id).toUpperCase() }] }))];
    for (const answer of [...together, ...later]) expect(answer.status).toBe(202);
    expect(toCounted(collector)).toBe(2);
    expect(await metric(collector, 'roebuck_events_uncounted_total{reason="repeated"}')).toBe("8");
    await collector.post(aBeacon({ events: [second, anEvent()] }));
    expect(toCounted(collector)).toBe(3);
  });

  it("writes no id of an event", async () => {
    const collector = await start();
    const event = anEvent();
    await collector.post(aBeacon({ events: [event] }));
    expect(toCounted(collector)).toBe(1);
    expect(collector.log.text()).not.toContain(event.id);
  });

  it("is refused as often as it comes while the log is away, and then counted once", async () => {
    const collector = await start();
    collector.log.failing = "unavailable";
    const event = anEvent();
    const body = () => aBeacon({ events: [event] });
    for (const answer of await Promise.all([collector.post(body()), collector.post(body())]))
      expect(await toCode(answer)).toBe("log_unavailable");
    expect(await toCode(await collector.post(body()))).toBe("log_unavailable");
    collector.log.failing = undefined;
    for (let time = 0; time < 3; time += 1) expect((await collector.post(body())).status).toBe(202);
    expect(toCounted(collector)).toBe(1);
  });
});

describe("every refusal", () => {
  const cases: [code: ErrorCode, what: string, send: (collector: TestCollector) => Promise<Response>][] = [
    ["body_invalid", "a body that is no JSON", (to) => to.post("hello")],
    ["body_invalid", "an envelope without events", (to) => to.post(aBeacon({ events: undefined }))],
    ["body_invalid", "an empty body", (to) => to.post("")],
    ["event_invalid", "no good event", (to) => to.post(aBeacon({ events: [{}] }))],
    [
      "token_invalid",
      "a forged token",
      async (to) => to.post(aBeacon({ token: await aToken({}, {}, Buffer.alloc(32, 1)) })),
    ],
    [
      "token_invalid",
      "a token of another site",
      async (to) => to.post(aBeacon({ site: "shop", token: await aToken() })),
    ],
    ["token_invalid", "a token that is no token", (to) => to.post(aBeacon({ token: "" }))],
    [
      "token_expired",
      "an expired token",
      async (to) => to.post(aBeacon({ token: await aToken({ iat: NOW_MS / 1_000 - 9_000, exp: NOW_MS / 1_000 - 1 }) })),
    ],
    ["site_unknown", "an unknown site", (to) => to.post(aBeacon({ site: "nowhere" }))],
    ["origin_forbidden", "a page of another site", (to) => to.post(aBeacon(), { origin: "https://shop.example" })],
    ["origin_forbidden", "a page of nobody's", (to) => to.post(aBeacon(), { origin: "null" })],
    [
      "partner_unknown",
      "a Partner that is not on file",
      async (to) => to.post(aBeacon({ token: await aToken({ ptn: "nobody" }) })),
    ],
    [
      "partner_left",
      "a Partner that has left",
      async (to) => to.post(aBeacon({ token: await aToken({ ptn: "gone" }) })),
    ],
    ["not_found", "another address", (to) => fetch(`${to.url}/v2/beacons`, { method: "POST" })],
    ["method_not_allowed", "another method", (to) => fetch(`${to.url}/v1/beacons`)],
    ["body_too_large", "a large body", (to) => to.post(" ".repeat(65_537))],
    ["media_type", "a form", (to) => to.post("a=b", { "content-type": "application/x-www-form-urlencoded" })],
    [
      "media_type",
      "a type that only begins like ours",
      (to) => to.post(aBeacon(), { "content-type": "text/plainish" }),
    ],
    ["media_type", "a compressed body", (to) => to.post(aBeacon(), { "content-encoding": "gzip" })],
    [
      "internal",
      "something that fails inside",
      async (to) => {
        to.log.failing = "bug";
        return to.post(aBeacon({ token: await aToken() }));
      },
    ],
    [
      "log_unavailable",
      "a log that takes nothing",
      async (to) => {
        to.log.failing = "unavailable";
        return to.post(aBeacon({ token: await aToken() }));
      },
    ],
  ];
  it.each(cases)("%s for %s", async (code, _, send) => {
    const collector = await start();
    const response = await send(collector);
    expect(await toCode(response)).toBe(code);
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(collector.log.records).toEqual([]);
    expect(await metric(collector, `roebuck_refused_total{code="${code}"}`)).toBe("1");
  });

  it("names the field and never the value", async () => {
    const collector = await start();
    const response = await collector.post(aBeacon({ site: ["john@example.org"] }));
    const text = await response.text();
    expect(text).toContain("site: expected string");
    expect(text).not.toContain("john");
  });

  it("says nothing of the inside, neither to the sender nor to the log of the service", async () => {
    const collector = await start();
    collector.log.failing = "bug";
    const text = await (await collector.post(aBeacon({ token: await aToken() }))).text();
    for (const mark of ["secret@example.org", "broken", "TypeError", ".ts"]) expect(text).not.toContain(mark);
    expect(JSON.stringify(collector.warnings)).not.toContain("secret@example.org");
    expect(collector.warnings).toEqual([
      {
        sentence: "a request failed inside",
        facts: { error: "TypeError", at: expect.stringMatching(/^memory-log\.ts:\d+$/) },
      },
    ]);
  });

  it("tells which methods are allowed", async () => {
    const collector = await start();
    const allow = async (path: string, method: string) =>
      (await fetch(collector.url + path, { method })).headers.get("allow");
    expect(await allow("/v1/beacons", "DELETE")).toBe("POST, OPTIONS");
    expect(await allow("/healthz", "POST")).toBe("GET, HEAD");
    expect(await allow("/nowhere", "POST")).toBeNull();
  });
});

describe("the log", () => {
  it("away: 503 with Retry-After; back: taken as if nothing had been", async () => {
    const collector = await start();
    const body = JSON.stringify(aBeacon({ token: await aToken() }));
    collector.log.failing = "unavailable";
    const refused = await collector.post(body);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "5"]);
    collector.log.failing = undefined;
    expect((await collector.post(body)).status).toBe(202);
    expect(collector.log.records).toHaveLength(1);
  });

  it("that does not answer: 503 after 5 s", async () => {
    const collector = await start();
    collector.log.failing = "hang";
    expect(await toCode(await collector.post(aBeacon({ token: await aToken() })))).toBe("log_unavailable");
  }, 15_000);
});

describe("a consent event", () => {
  const choice = (choices: object, changes: object = {}) =>
    anEvent({ type: "consent", choices, wording: "2026-03", ...changes });
  const isWithdrawn = { granted: false };

  it("becomes a decision before the events that it came with are on the log, and no row", async () => {
    const collector = await start();
    const events = [choice({ behaviour: true, feedback: false }), anEvent()];
    const answer = await collector.post(aBeacon({ token: await aToken(), events }));
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({ accepted: 2, rejected: [] });
    const ref = toSubjectRef(SEAL_KEY, "partner", "acme", "user-4711");
    const common = { kind: "consent", ref, ptn: "acme", atMs: NOW_MS - 1_000, wording: "2026-03", source: "beacon" };
    expect(collector.decisions).toEqual([
      { ...common, purpose: "behaviour", granted: true },
      { ...common, purpose: "feedback", granted: false },
    ]);
    expect(collector.log.beacons().map(({ events: kept }) => kept.map(({ type }) => type))).toEqual([["page_view"]]);
    expect(await metric(collector, "roebuck_consents_written_total")).toBe("2");
  });

  it("alone is answered and puts nothing on the log; told again it changes nothing", async () => {
    const collector = await start();
    const body = aBeacon({ token: await aToken(), events: [choice({ behaviour: true })] });
    for (const _ of [1, 2, 3]) expect((await collector.post(body)).status).toBe(202);
    expect(collector.decisions).toHaveLength(1);
    expect(collector.log.records).toEqual([]);
  });

  it("withdraws what was granted", async () => {
    const collector = await start();
    const token = await aToken();
    await collector.post(aBeacon({ token, events: [choice({ behaviour: true }, { at: NOW_MS - 5_000 })] }));
    await collector.post(aBeacon({ token, events: [choice({ behaviour: false })] }));
    expect(collector.decisions.at(-1)).toMatchObject(isWithdrawn);
  });

  it("is refused as a whole while the journal is away, so that nothing is kept under a consent that nobody knows", async () => {
    const collector = await start();
    collector.log.failing = "unavailable";
    const body = aBeacon({ token: await aToken(), events: [choice({ behaviour: true }), anEvent()] });
    expect(await toCode(await collector.post(body))).toBe("log_unavailable");
    collector.log.failing = undefined;
    expect(collector.decisions).toEqual([]);
    expect((await collector.post(body)).status).toBe(202);
    expect(collector.decisions).toHaveLength(1);
  });

  it("of someone who is not signed in is nobody's, so it leaves no trace", async () => {
    const collector = await start();
    expect((await collector.post(aBeacon({ events: [choice({ behaviour: true })] }))).status).toBe(202);
    expect(collector.decisions).toEqual([]);
    expect(collector.log.records).toEqual([]);
    expect(await metric(collector, 'roebuck_events_uncounted_total{reason="other_type"}')).toBe("1");
  });

  it.each([
    ["choices", choice({})],
    ["choices", choice({ behaviour: "yes" })],
    ["wording", choice({ behaviour: true }, { wording: "I, Ann, agree" })],
  ])("with faulty %s is refused and decides nothing", async (field, event) => {
    const collector = await start();
    const answer = await collector.post(aBeacon({ token: await aToken(), events: [event] }));
    expect(await answer.json()).toMatchObject({ code: "event_invalid", detail: expect.stringContaining(field) });
    expect(collector.decisions).toEqual([]);
  });
});

describe("keys and Partners", () => {
  it("a revoked key is refused at the next request, though its token was good before", async () => {
    const collector = await start();
    const body = JSON.stringify(aBeacon({ token: await aToken() }));
    expect((await collector.post(body)).status).toBe(202);
    collector.keys = aKeySet("intranetNext");
    expect(await toCode(await collector.post(body))).toBe("token_invalid");
  });

  it("a Partner that leaves is refused at the next request", async () => {
    const collector = await start();
    const body = JSON.stringify(aBeacon({ token: await aToken() }));
    expect((await collector.post(body)).status).toBe(202);
    collector.journal = {
      ...EMPTY_JOURNAL,
      partners: new Map([["acme", { id: "acme", zone: "UTC", joinedMs: toEpochMs(0), leftMs: toEpochMs(NOW_MS) }]]),
    };
    expect(await toCode(await collector.post(body))).toBe("partner_left");
  });

  it("subscriber and public accounts need no Partner", async () => {
    const collector = await start();
    for (const acct of ["subscriber", "public"])
      expect((await collector.post(aBeacon({ token: await aToken({ acct, ptn: undefined }) }))).status).toBe(202);
    expect(collector.log.beacons().map(({ person }) => person.ptn)).toEqual(["", ""]);
  });
});

describe("limits", () => {
  it("stop a person, whatever token is used, and nobody else", async () => {
    const collector = await start({ settings: { ratePerPerson: 2 } });
    const send = async (changes: Record<string, unknown>) => collector.post(aBeacon({ token: await aToken(changes) }));
    expect((await send({ dept: "one" })).status).toBe(202);
    expect((await send({ dept: "two" })).status).toBe(202);
    const refused = await send({ dept: "three" });
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "30"]);
    expect(await toCode(refused)).toBe("rate_limited");
    expect((await send({ sub: "another" })).status).toBe(202);
    collector.nowMs = toEpochMs(NOW_MS + 30_000);
    expect((await send({ dept: "four" })).status).toBe(202);
  });

  it("stop an address prefix, believing X-Forwarded-For only from a trusted proxy", async () => {
    const trusting = await start({ settings: { ratePerAddress: 1, trustedProxies: "127.0.0.0/8" } });
    const send = async (collector: TestCollector, address: string) =>
      (await collector.post(aBeacon(), { "x-forwarded-for": address })).status;
    expect(await send(trusting, "203.0.113.7")).toBe(202);
    expect(await send(trusting, "203.0.113.200")).toBe(429);
    expect(await send(trusting, "198.51.100.7")).toBe(202);
    const careful = await start({ settings: { ratePerAddress: 1 } });
    expect(await send(careful, "203.0.113.7")).toBe(202);
    expect(await send(careful, "198.51.100.7")).toBe(429);
  });

  it("stop a flood of forged tokens from one address before their signatures are checked, but not good tokens", async () => {
    const collector = await start();
    const good = JSON.stringify(aBeacon({ token: await aToken() }));
    expect((await collector.post(good)).status).toBe(202);
    const real = await aToken({ sub: "other" });
    const statuses = new Set<number>();
    for (let number = 0; number < 310; number += 1) {
      const forged = real.slice(0, -6) + String(number).padStart(6, "A");
      statuses.add((await collector.post(aBeacon({ token: forged }))).status);
    }
    expect(statuses).toEqual(new Set([401, 429]));
    expect((await collector.post(good)).status).toBe(202);
  });
});

describe("browsers", () => {
  it("of registered origins may read answers, errors too; others may not", async () => {
    const collector = await start();
    const good = await collector.post(aBeacon(), { origin: ORIGIN });
    expect([good.status, good.headers.get("access-control-allow-origin"), good.headers.get("vary")]).toEqual([
      202,
      ORIGIN,
      "Origin",
    ]);
    expect((await collector.post("rubbish", { origin: ORIGIN })).headers.get("access-control-allow-origin")).toBe(
      ORIGIN,
    );
    expect(
      (await collector.post(aBeacon(), { origin: "https://evil.example" })).headers.get("access-control-allow-origin"),
    ).toBeNull();
    expect(good.headers.get("access-control-allow-credentials")).toBeNull();
  });

  it("may ask first", async () => {
    const collector = await start();
    const ask = (origin: string) =>
      fetch(`${collector.url}/v1/beacons`, {
        method: "OPTIONS",
        headers: { origin, "access-control-request-method": "POST" },
      });
    const allowed = await ask(ORIGIN);
    expect([
      allowed.status,
      allowed.headers.get("access-control-allow-origin"),
      allowed.headers.get("access-control-allow-methods"),
      allowed.headers.get("access-control-allow-headers"),
    ]).toEqual([204, ORIGIN, "POST", "content-type"]);
    expect(await toCode(await ask("https://evil.example"))).toBe("origin_forbidden");
  });

  it("may send JSON with a character set", async () => {
    const collector = await start();
    for (const type of [
      "application/json",
      "application/json; charset=utf-8",
      "Text/Plain",
      "text/plain;charset=UTF-8",
    ])
      expect((await collector.post(aBeacon(), { "content-type": type })).status).toBe(202);
  });
});

describe("country", () => {
  it("comes from a trusted proxy's header, or from the address", async () => {
    const send = async (collector: TestCollector, country: string) =>
      collector.post(aBeacon({ token: await aToken() }), { "x-country": country });
    const trusting = await start({ settings: { countryHeader: "X-Country", trustedProxies: "127.0.0.1" } });
    await send(trusting, "de");
    await send(trusting, "Germany");
    expect(trusting.log.beacons().map(({ country }) => country)).toEqual(["DE", "GB"]);
    const careful = await start({ settings: { countryHeader: "X-Country" } });
    await send(careful, "de");
    expect(careful.log.beacons().map(({ country }) => country)).toEqual(["GB"]);
  });
});

describe("health", () => {
  it("lives, and is ready when every check is well", async () => {
    const well = { log: true, warehouse: true };
    const collector = await start({
      parts: {
        checks: [
          { name: "log", check: async () => well.log },
          { name: "warehouse", check: async () => (well.warehouse ? true : Promise.reject(new Error("secret"))) },
        ],
        extraMetrics: () => "roebuck_more 1\n",
      },
    });
    const ready = async () => {
      const response = await fetch(`${collector.url}/readyz`);
      return [response.status, await response.json()];
    };
    expect((await fetch(`${collector.url}/healthz`)).status).toBe(200);
    expect(await ready()).toEqual([
      200,
      {
        ready: true,
        checks: [
          { name: "log", ok: true },
          { name: "warehouse", ok: true },
        ],
      },
    ]);
    well.warehouse = false;
    expect(await ready()).toEqual([
      503,
      {
        ready: false,
        checks: [
          { name: "log", ok: true },
          { name: "warehouse", ok: false },
        ],
      },
    ]);
    expect(await metric(collector, "roebuck_more")).toBe("1");
  });
});

describe("sockets", () => {
  it("a body in chunks is taken up to the limit", async () => {
    const collector = await start();
    const body = JSON.stringify(aBeacon());
    const socket = await openSocket(collector.port);
    socket.write(toHead({ "transfer-encoding": "chunked", connection: "close", "user-agent": "Firefox/145.0" }));
    for (const part of [body.slice(0, 40), body.slice(40)]) socket.write(`${part.length.toString(16)}\r\n${part}\r\n`);
    socket.write("0\r\n\r\n");
    expect((await readToEnd(socket)).text).toMatch(/^HTTP\/1\.1 202 /);
  });

  it("a body in chunks that grows too large is answered 413, and not read to its end", async () => {
    const collector = await start();
    const socket = await openSocket(collector.port);
    socket.write(toHead({ "transfer-encoding": "chunked" }));
    const chunk = `4000\r\n${" ".repeat(0x4000)}\r\n`;
    const sender = setInterval(() => socket.write(chunk), 5);
    const { text, afterMs } = await readToEnd(socket);
    clearInterval(sender);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toContain("body_too_large");
    expect(afterMs).toBeLessThan(10_000);
  });

  it("a length above the limit is answered 413 before the body comes", async () => {
    const collector = await start();
    const socket = await openSocket(collector.port);
    socket.write(toHead({ "content-length": "1000000000" }));
    const [answer] = (await once(socket, "data")) as [Buffer]; // a socket gives buffers
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  it("slow ones are answered 408 and closed, and others do not notice", async () => {
    const collector = await start({ server: { requestMsMax: 300, requestCheckMs: 50 } });
    const silent = await openSocket(collector.port);
    const heads = await openSocket(collector.port);
    heads.write("POST /v1/beacons HTTP/1.1\r\nhost: x\r\n");
    const bodies = await openSocket(collector.port);
    bodies.write(`${toHead({ "content-length": "1000" })}{"v":1,`);
    expect((await collector.post(aBeacon())).status).toBe(202);
    const answers = await Promise.all([silent, heads, bodies].map(readToEnd));
    for (const { text } of answers) expect(text).toContain("request_timeout");
    expect((await collector.post(aBeacon())).status).toBe(202);
    expect(collector.log.beacons()).toEqual([]);
  });

  it("what is no HTTP, and headers without end, are answered 400 and closed", async () => {
    const collector = await start();
    for (const rubbish of ["\u0016\u0003\u0001 hello\r\n\r\n", `${toHead({ "x-long": "x".repeat(20_000) })}`]) {
      const socket = await openSocket(collector.port);
      socket.write(rubbish);
      expect((await readToEnd(socket)).text).toMatch(/^HTTP\/1\.1 400 /);
    }
  });

  it("one that goes away in the middle of a body harms nothing", async () => {
    const collector = await start();
    const socket = await openSocket(collector.port);
    socket.write(`${toHead({ "content-length": "1000" })}{"v":1,`);
    socket.destroy();
    expect((await collector.post(aBeacon())).status).toBe(202);
    expect(collector.warnings).toEqual([]);
  });
});

describe("a body of a stated length, and one in chunks", () => {
  const toChunk = (bytes: Buffer) => (bytes.length === 0 ? [] : [`${bytes.length.toString(16)}\r\n`, bytes, "\r\n"]);

  /** One request with a stated length, and the same in chunks. */
  async function sendBothWays(
    collector: TestCollector,
    body: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<readonly [whole: string, chunked: string]> {
    const bytes = Buffer.from(body);
    const send = async (length: Readonly<Record<string, string>>, framed: readonly (string | Buffer)[]) => {
      const socket = await openSocket(collector.port);
      socket.write(toHead({ "user-agent": "Firefox/145.0", ...headers, connection: "close", ...length }));
      for (const part of framed) socket.write(part);
      const [head = "", ...rest] = (await readToEnd(socket)).text.split("\r\n\r\n");
      const [first, ...lines] = head.split("\r\n");
      const told = lines.map((line) => line.toLowerCase()).filter((line) => !line.startsWith("date:"));
      return [first, ...told.sort(), ...rest].join("\r\n");
    };
    return [
      await send({ "content-length": String(bytes.length) }, [bytes]),
      await send({ "transfer-encoding": "chunked" }, [...toChunk(bytes), "0\r\n\r\n"]),
    ];
  }

  it.each([
    ["what is taken", {}, {}, 202],
    ["what is taken in part", { events: [anEvent(), anEvent({ url: "nowhere" })] }, {}, 202],
    ["a page of a registered origin", {}, { origin: ORIGIN }, 202],
    ["a page of another origin", {}, { origin: "https://elsewhere.example" }, 403],
    ["an unknown site", { site: "elsewhere" }, {}, 403],
    ["a bad token", { token: "x.y.z" }, {}, 401],
    ["events that are none", { events: [anEvent({ type: "keystroke" })] }, {}, 400],
  ] as const)("are answered alike: %s", async (_, beacon, headers, status) => {
    const collector = await start();
    const [whole, chunked] = await sendBothWays(collector, JSON.stringify(aBeacon(beacon)), headers);
    expect(whole).toBe(chunked);
    expect(whole).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it.each([
    ["what is no JSON", "{", 400],
    ["nothing", "", 400],
    ["bytes that are no UTF-8", Buffer.from('{"v":"é"}', "utf8").toString("latin1"), 400],
  ])("are answered alike: %s", async (_, body, status) => {
    const collector = await start();
    const [whole, chunked] = await sendBothWays(collector, body);
    expect(whole).toBe(chunked);
    expect(whole).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  });

  it("takes a body that begins with a byte order mark, or comes in pieces cut within a character", async () => {
    const collector = await start();
    const bytes = Buffer.from(`\ufeff${JSON.stringify(aBeacon({ events: [anEvent({ title: "Ä".repeat(100) })] }))}`);
    const socket = await openSocket(collector.port);
    const length = String(bytes.length);
    socket.write(toHead({ "content-length": length, connection: "close", "user-agent": "Firefox/145.0" }));
    const cut = bytes.indexOf("Ä") + 1;
    for (const part of [bytes.subarray(0, cut), bytes.subarray(cut)]) {
      socket.write(part);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect((await readToEnd(socket)).text).toMatch(/^HTTP\/1\.1 202 /);
  });

  it("is not taken with a host that is none", async () => {
    const collector = await start();
    const body = JSON.stringify(aBeacon());
    const socket = await openSocket(collector.port);
    const length = String(Buffer.byteLength(body));
    socket.write(toHead({ host: "a b", "content-length": length, connection: "close" }) + body);
    expect((await readToEnd(socket)).text).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("leaves the socket good for the next request when a body was refused unread", async () => {
    const collector = await start({ settings: { ratePerAddress: 1 } });
    const body = JSON.stringify(aBeacon());
    const request = toHead({ "content-length": String(Buffer.byteLength(body)), "user-agent": "Firefox/145.0" }) + body;
    const last = request.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
    const socket = await openSocket(collector.port);
    socket.write(request + request + last);
    const { text } = await readToEnd(socket);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 202", "HTTP/1.1 429", "HTTP/1.1 429"]);
  });
});

describe("closing", () => {
  it("answers what is in flight, then takes nothing more", async () => {
    const collector = await start({ settings: { statisticsFlushMs: 300 } });
    const pending = collector.post(aBeacon());
    await new Promise((resolve) => setTimeout(resolve, 100));
    await collector[Symbol.asyncDispose]();
    expect((await pending).status).toBe(202);
    expect(collector.log.statistics()).toHaveLength(1);
    await expect(collector.post(aBeacon())).rejects.toThrow();
  });

  it("tells why it cannot listen", async () => {
    const collector = await start();
    await expect(startCollector({ server: { port: collector.port } })).rejects.toThrow(
      `Cannot listen on 127.0.0.1:${collector.port}`,
    );
  });
});
