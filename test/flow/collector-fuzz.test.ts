import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toEpochMs } from "../../schemas/ids.ts";
import { aToken, DESKTOP, NOW_MS, startCollector, type TestCollector } from "../fixtures/collector.ts";

/** Requests that are in flight together, and how often: 100,000 cases. */
const TOGETHER = 200;
const ROUNDS = 500;
/** Rounds after which the bounded memories are full, so that what is added from then on would be a leak. */
const WARM_ROUNDS = 200;
const MEMORY_GROWTH_MAX = 32 * 1_048_576;

interface Case {
  readonly path: string;
  readonly method: "GET" | "POST";
  readonly query: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

let collector: TestCollector;
let token: string;
beforeAll(async () => {
  const settings = { statisticsFlushMs: 10, ratePerPerson: 0, ratePerAddress: 0 };
  collector = await startCollector({ settings });
  token = await aToken();
});
afterAll(() => collector[Symbol.asyncDispose]());

const junk = fc.oneof(
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ maxLength: 60 }),
  fc.constantFrom(
    "",
    "0",
    "1",
    "-1",
    "1e999",
    "null",
    "__proto__",
    "\u0000",
    "%",
    "%zz",
    "%F0%9F",
    "=&=&",
    "?#",
    "[",
    "\ud800",
  ),
);
const url = fc.oneof(
  { weight: 4, arbitrary: fc.webUrl({ withQueryParameters: true, withFragments: true }) },
  { weight: 2, arbitrary: junk },
  fc.constantFrom("https://intranet.example/", "mailto:a@b", "javascript:1", `https://x.example/${"a".repeat(3_000)}`),
);
const someToken = fc.oneof(
  fc.constant("good"),
  junk,
  fc.base64String({ maxLength: 40 }).map((part) => `${part}.${part}.${part}`),
  fc.object().map((header) => `${Buffer.from(JSON.stringify(header) ?? "").toString("base64url")}.e30.AAAA`),
);
const type = fc.constantFrom(
  "page_view",
  "download",
  "play",
  "search",
  "leave",
  "click",
  "feedback",
  "consent",
  "",
  "x",
);
const oneOf = <T>(usual: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 40, arbitrary: usual as fc.Arbitrary<unknown> }, fc.jsonValue());
const event = fc.record(
  {
    id: oneOf(fc.uuid()),
    type: oneOf(type),
    at: oneOf(fc.oneof(fc.constant(NOW_MS as number), fc.integer(), fc.double(), fc.date().map(String))),
    url: oneOf(url),
    title: oneOf(junk),
    referrer: oneOf(url),
    resource: oneOf(fc.record({ id: junk, type: junk, topic: junk, full: fc.boolean() })),
    query: oneOf(junk),
    engaged_ms: oneOf(fc.integer()),
    scroll_pct: oneOf(fc.double()),
    target: oneOf(url),
    score: oneOf(fc.integer({ min: -1, max: 7 })),
    comment: oneOf(junk),
    choices: oneOf(fc.record({ behaviour: fc.boolean(), feedback: fc.boolean() })),
    wording: oneOf(fc.constantFrom("2026-03", "", "a b")),
  },
  { requiredKeys: ["id", "type", "at", "url"] },
);
const beacon = fc.record(
  {
    v: oneOf(fc.constant(1)),
    site: oneOf(fc.constantFrom("intranet", "shop", "none")),
    token: oneOf(someToken),
    sent_at: oneOf(fc.oneof(fc.constant(NOW_MS as number), fc.integer())),
    events: oneOf(fc.array(event, { maxLength: 4 })),
  },
  { requiredKeys: ["v", "site", "sent_at", "events"] },
);
const bytes = fc.uint8Array({ maxLength: 200 }).map((raw) => new Uint8Array(raw));
const NAMES = [
  ...[
    "idsite",
    "rec",
    "url",
    "urlref",
    "action_name",
    "r",
    "pv_id",
    "rb_token",
    "send_image",
    "cdt",
    "ping",
    "download",
  ],
  ...["link", "search", "search_cat", "e_c", "e_a", "e_n", "ca", "c_n", "idgoal", "uid", "_id", "cip", "token_auth"],
];
const hit = fc
  .tuple(
    fc.record({ idsite: fc.constantFrom("1", "2", "9", "intranet"), rec: fc.constantFrom("1", "1", "1", "0"), url }),
    fc.dictionary(fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...NAMES) }, junk), fc.oneof(junk, url, someToken), {
      maxKeys: 8,
    }),
  )
  .map(([usual, more]) => new URLSearchParams({ ...more, ...usual }).toString());
const query = fc.oneof(
  { weight: 4, arbitrary: hit },
  junk,
  fc.tuple(hit, junk).map(([one, other]) => `${one}&${other}`),
);
const bulk = fc.record({
  requests: oneOf(fc.array(oneOf(query), { maxLength: 6 })),
  send_image: oneOf(fc.constantFrom(0, 1)),
});
const toJson = (value: unknown) => JSON.stringify(value).replaceAll('"good"', JSON.stringify(token));
const headers = fc.record(
  {
    "content-type": fc.constantFrom("text/plain", "application/json", "application/x-www-form-urlencoded", "image/png"),
    origin: fc.constantFrom("https://intranet.example", "https://evil.example", "null"),
    referer: fc.webUrl(),
    "user-agent": fc.oneof(
      fc.constant(DESKTOP),
      fc.string({ maxLength: 40 }).map((text) => text.trim()),
    ),
    dnt: fc.constantFrom("0", "1"),
    "content-length": fc.constantFrom("0", "12", "999999", "x", "-1"),
    "x-forwarded-for": fc.oneof(fc.ipV4(), fc.ipV6(), fc.constant("rubbish,,")),
  },
  { requiredKeys: [] },
);
const beaconCase = fc.record<Case>({
  path: fc.constant("/v1/beacons"),
  method: fc.constant("POST"),
  query: fc.constant(""),
  body: fc.oneof(
    { weight: 5, arbitrary: fc.oneof(beacon, beacon, fc.jsonValue()).map(toJson) },
    junk,
    bytes,
    fc.tuple(beacon, fc.nat(200)).map(([whole, length]) => toJson(whole).slice(0, length)),
  ),
  headers: headers.map((some) => ({ "content-type": "text/plain", ...some })),
});
const matomoCase = fc.record<Case>({
  path: fc.constantFrom("/matomo.php", "/piwik.php"),
  method: fc.constantFrom("GET", "POST"),
  query: fc.oneof(query, fc.constant("")).map((text) => text.replace("=good", `=${token}`)),
  body: fc.oneof({ weight: 3, arbitrary: bulk.map(toJson) }, hit, junk, bytes, fc.constant("")),
  headers,
});

async function answer({ path, method, query: text, body, headers: some }: Case): Promise<number> {
  const address = `http://127.0.0.1${path}${text === "" ? "" : `?${text}`}`;
  const response = await collector.app.request(address, {
    method,
    headers: some,
    ...(method === "GET" ? {} : { body }),
  });
  await response.arrayBuffer();
  return response.status;
}

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");
function measureHeap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

describe("the collector's parsers of bodies and queries", () => {
  it("answer whatever comes, never with a 5xx, and keep nothing of it in memory", { timeout: 600_000 }, async () => {
    const seen = new Map<string, number>();
    let rounds = 0;
    let warm = 0;
    const some = fc.array(fc.oneof(beaconCase, matomoCase), { minLength: TOGETHER, maxLength: TOGETHER, size: "max" });
    await fc.assert(
      fc.asyncProperty(some, async (cases) => {
        const statuses = await Promise.all(cases.map(answer));
        expect(cases.filter((_, index) => (statuses[index] ?? 500) >= 500)).toEqual([]);
        for (const [index, status] of statuses.entries()) {
          const what = `${cases[index]?.path.slice(1, 3)} ${status}`;
          seen.set(what, (seen.get(what) ?? 0) + 1);
        }
        expect(collector.warnings).toEqual([]);
        collector.log.records.length = 0; // what a test keeps is not what the collector keeps
        collector.decisions.length = 0;
        collector.nowMs = toEpochMs(collector.nowMs + 1_000);
        rounds += 1;
        if (rounds === WARM_ROUNDS) warm = measureHeap();
      }),
      { numRuns: ROUNDS, endOnFailure: true },
    );
    expect(measureHeap() - warm).toBeLessThan(MEMORY_GROWTH_MAX);
    // It was no fuzz of the first check alone: all kinds of answers came, the good ones too.
    for (const what of [
      "v1 202",
      "v1 400",
      "v1 401",
      "v1 403",
      "v1 415",
      "ma 200",
      "ma 204",
      "ma 400",
      "ma 401",
      "ma 403",
    ])
      expect([what, (seen.get(what) ?? 0) > 10]).toEqual([what, true]);
    expect([...seen.values()].reduce((sum, count) => sum + count, 0)).toBe(TOGETHER * ROUNDS);
  });
});
