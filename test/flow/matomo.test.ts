import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { aToken, DESKTOP, NOW_MS, startCollector, type TestCollector } from "../fixtures/collector.ts";

const ORIGIN = "https://intranet.example";
const FORM = "application/x-www-form-urlencoded; charset=UTF-8";
let collector: TestCollector;
let token: string;
beforeAll(async () => {
  collector = await startCollector({ settings: { matomoSites: "1=intranet" } });
  token = await aToken();
});
afterAll(() => collector[Symbol.asyncDispose]());

let lastNumber = 100_000;
/** What Matomo's tracker sends of a page view; every call is another one. */
function aHit(changes: Readonly<Record<string, string>> = {}): string {
  lastNumber += 1;
  const said = {
    action_name: "Safe recruitment",
    idsite: "1",
    rec: "1",
    r: String(lastNumber),
    h: "9",
    m: "30",
    s: "1",
    url: `${ORIGIN}/guides/safe`,
    urlref: "https://search.example/?q=x",
    _id: "0123456789abcdef",
    uid: "somebody@example.org",
    pv_id: "Ab3dE6",
    send_image: "0",
    cookie: "0",
    res: "1920x1080",
    consent: "1",
    uadata: "{}",
    ...changes,
  };
  return new URLSearchParams(said).toString();
}

interface Sent {
  readonly method?: string;
  readonly query?: string;
  readonly body?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function send({ method = "POST", query = "", body, path = "/matomo.php", headers = {} }: Sent): Promise<Response> {
  return fetch(`${collector.url}${path}${query === "" ? "" : `?${query}`}`, {
    method,
    ...(body === undefined ? {} : { body }),
    headers: {
      "user-agent": DESKTOP,
      ...(method === "GET" ? {} : { origin: ORIGIN, "content-type": FORM }),
      ...headers,
    },
  });
}

const toViews = () =>
  collector.log
    .statistics()
    .flatMap(({ cells }) => cells)
    .reduce((sum, { views }) => sum + views, 0);
const toEvents = () => collector.log.beacons().flatMap(({ events }) => events);

describe("Matomo's tracker", () => {
  it.each(["/matomo.php", "/piwik.php"])(
    "gets the answer of its table for every form that it sends to %s",
    async (path) => {
      const signed = () => aHit({ rb_token: token });
      const cases: [string, Sent, number][] = [
        ["sendBeacon, all in the query", { query: signed(), body: "" }, 204],
        ["all in the body", { body: signed() }, 204],
        ["wanting a picture", { body: aHit({ rb_token: token, send_image: "1" }) }, 200],
        ["XHR with credentials", { body: signed(), headers: { cookie: "a=b" } }, 204],
        ["bulk", { body: JSON.stringify({ requests: [`?${signed()}`, `?${signed()}`], send_image: 0 }) }, 204],
        ["bulk that wants an answer", { body: JSON.stringify({ requests: [`?${signed()}`] }) }, 200],
        ["picture", { method: "GET", query: aHit({ rb_token: token, send_image: "1" }) }, 200],
        ["GET without a picture", { method: "GET", query: signed() }, 204],
        ["nothing", { body: "" }, 400],
        ["nothing in bulk", { body: '{"requests":[]}' }, 400],
        ["without rec", { query: aHit({ rec: "0" }) }, 400],
        ["OPTIONS", { method: "OPTIONS" }, 204],
      ];
      for (const [what, sent, status] of cases) {
        const before = toEvents().length;
        const answer = await send({ ...sent, path });
        expect([what, answer.status]).toEqual([what, status]);
        if (status === 400 || sent.method === "OPTIONS") expect([what, toEvents().length]).toEqual([what, before]);
        else expect(toEvents().length).toBeGreaterThan(before);
        const isGet = sent.method === "GET";
        expect([what, answer.headers.get("access-control-allow-origin")]).toEqual([what, isGet ? null : ORIGIN]);
        expect([what, answer.headers.get("access-control-allow-credentials")]).toEqual([what, isGet ? null : "true"]);
        if (isGet) expect(answer.headers.get("cache-control")).toBe("no-store");
        if (sent.method === "OPTIONS") {
          expect(answer.headers.get("access-control-allow-methods")).toBe("GET, POST");
          expect(answer.headers.get("access-control-allow-headers")).toBe("*");
        }
      }
    },
  );

  it.each([
    [{ toString: 1 }, 200],
    [[[0]], 200],
    ["0", 204],
    [1, 200],
  ])("may ask in bulk for an answer with send_image %j", async (send_image, status) => {
    expect((await send({ body: JSON.stringify({ requests: [`?${aHit()}`], send_image }) })).status).toBe(status);
  });

  it("gets the transparent picture of 43 bytes", async () => {
    const answer = await send({ method: "GET", query: aHit({ send_image: "1" }) });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "image/gif"]);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect([bytes.length, bytes.toString("latin1", 0, 6)]).toEqual([43, "GIF89a"]);
  });

  it("is told of a bulk how many were tracked and how many were invalid; robots and ignored hits count as tracked", async () => {
    const requests = [
      `?${aHit({ rb_token: token })}`,
      `?${aHit({ ca: "1", e_c: "", c_n: "Banner" })}`,
      `?${aHit({ rb_token: "forged.to.ken" })}`,
      `?${aHit({ idsite: "99" })}`,
      "?rec=1",
      7,
    ];
    const answer = await send({ body: JSON.stringify({ requests }) });
    expect([answer.status, await answer.json()]).toEqual([200, { status: "success", tracked: 2, invalid: 4 }]);
    const robot = { "user-agent": "Mozilla/5.0 HeadlessChrome/141.0.0.0" };
    const before = toViews();
    const excluded = await send({ body: JSON.stringify({ requests: [`?${aHit()}`] }), headers: robot });
    expect(await excluded.json()).toEqual({ status: "success", tracked: 1, invalid: 0 });
    expect(toViews()).toBe(before);
  });

  it.each([
    [
      "page view",
      {},
      { type: "page_view", path: "/guides/safe", title: "Safe recruitment", referrer: "search.example" },
    ],
    ["download", { download: `${ORIGIN}/files/guide.pdf` }, { type: "download", path: "/files/guide.pdf" }],
    ["search", { search: "neglect", search_count: "3" }, { type: "search", term: "neglect" }],
    ["heartbeat", { ping: "1", ca: "1" }, { type: "leave", engagedMs: 15_000 }],
    ["outbound link", { link: "https://www.example.org/x?y=z" }, { type: "click", target: "www.example.org/x" }],
    ["event", { e_c: "Video", e_a: "Open", e_n: "Intro", ca: "1" }, { type: "click", target: "Video / Open / Intro" }],
  ])("%s becomes an event of a person by the token alone", async (_, changes, event) => {
    expect((await send({ query: aHit({ rb_token: token, ...changes }) })).status).toBe(204);
    const sealed = collector.log.beacons().at(-1);
    expect(sealed).toMatchObject({ origin: "matomo", site: "intranet", person: { ptn: "acme" }, country: "GB" });
    expect(sealed?.events).toEqual([expect.objectContaining({ ...event, atMs: NOW_MS })]);
    expect(sealed?.person.consent).toBeUndefined(); // consent=1 proves nothing
  });

  const LONG = `${ORIGIN}/${"a/".repeat(1_500)}`;
  it.each([
    ["page", { url: LONG }, { type: "page_view" }],
    ["query", { url: `${ORIGIN}/guides/safe?page=2&x=${"x".repeat(3_000)}` }, { path: "/guides/safe" }],
    ["page before", { urlref: LONG }, { type: "page_view", path: "/guides/safe" }],
    ["title", { action_name: "Safe recruitment ".repeat(100) }, { title: expect.stringMatching(/^Safe recruitment/) }],
    ["download", { download: LONG }, { type: "download", path: expect.stringMatching(/^\/a\/a\//) }],
    ["link", { link: LONG }, { type: "click", target: expect.stringMatching(/^intranet.example\/a\/a\//) }],
    ["search", { search: "neglect ".repeat(200) }, { type: "search", term: expect.stringMatching(/^neglect neglect/) }],
    ["event", { e_c: "Video", e_a: "open ".repeat(200) }, { type: "click", target: expect.stringMatching(/^Video/) }],
  ])("whose %s is longer than any that is kept is cut, not refused", async (_, changes, event) => {
    expect((await send({ body: aHit({ rb_token: token, ...changes }) })).status).toBe(204);
    expect(toEvents().at(-1)).toMatchObject(event);
  });

  it("may be a picture alone, on a page without scripts: the page is the one that asks for it", async () => {
    const get = (query: string, referer?: string) =>
      send({ method: "GET", query, headers: referer === undefined ? {} : { referer } });
    const query = new URLSearchParams({ idsite: "1", rec: "1", rb_token: token }).toString();
    expect((await get(query, `${ORIGIN}/guides/image?page=2&name=zoe#top`)).status).toBe(200);
    expect(toEvents().at(-1)).toMatchObject({ type: "page_view", path: "/guides/image?page=2" });
    expect((await get(query, `${ORIGIN}/${"a/".repeat(1_500)}`)).status).toBe(200);
    expect(toEvents().at(-1)).toMatchObject({ path: expect.stringMatching(/^\/a\/a\//) });
    expect((await get(`${query}&url=${ORIGIN}/told`, `${ORIGIN}/asks`)).status).toBe(200);
    expect(toEvents().at(-1)).toMatchObject({ path: "/told" });
    expect(collector.log.text()).not.toContain("zoe");
    expect((await get(query)).status).toBe(400);
    expect((await get(query, "android-app://intranet.example/x")).status).not.toBe(200);
    expect((await get(query, "https://evil.example/x")).status).toBe(403);
  });

  it.each([
    ["an action of a kind that is not known", { ca: "1" }],
    ["content that was shown", { c_n: "Banner", c_p: "x" }],
    ["a goal", { idgoal: "3" }],
  ])("%s is answered and leads to nothing", async (_, changes) => {
    const before = collector.log.records.length;
    expect((await send({ query: aHit({ rb_token: token, ...changes }) })).status).toBe(204);
    expect(collector.log.records.length).toBe(before);
    expect(await (await fetch(`${collector.url}/metrics`)).text()).toMatch(/roebuck_matomo_ignored_total\{kind="/);
  });

  it("without a token is counted and nothing more, and not even that with Do Not Track", async () => {
    const before = [toViews(), collector.log.beacons().length];
    expect((await send({ query: aHit() })).status).toBe(204);
    expect([toViews(), collector.log.beacons().length]).toEqual([(before[0] ?? 0) + 1, before[1]]);
    expect((await send({ query: aHit(), headers: { dnt: "1" } })).status).toBe(204);
    expect(toViews()).toBe((before[0] ?? 0) + 1);
  });

  it("may send a hit again by another way: it counts once, signed in or not, also after an outage of the log", async () => {
    for (const who of [{}, { rb_token: token }] as Record<string, string>[]) {
      const hit = aHit({ ...who, pv_id: `again${Object.keys(who).length}` });
      const before = toViews() + toEvents().length;
      collector.log.failing = "unavailable";
      const away = await send({ body: hit });
      expect([away.status, away.headers.get("retry-after")]).toEqual([503, "5"]);
      collector.log.failing = undefined;
      const ways = [send({ body: hit }), send({ method: "GET", query: hit.replace("send_image=0", "send_image=1") })];
      expect((await Promise.all(ways)).map(({ status }) => status)).toEqual([204, 200]);
      expect((await send({ query: hit })).status).toBe(204);
      expect(toViews() + toEvents().length).toBe(before + 1);
    }
  });

  it("gives a hit the same id at another collector", async () => {
    await using other = await startCollector();
    const hit = aHit({ rb_token: token });
    await send({ body: hit });
    await fetch(`${other.url}/matomo.php?${hit}`, { headers: { "user-agent": DESKTOP } });
    expect(other.log.beacons()[0]?.events[0]?.id).toBe(toEvents().at(-1)?.id);
  });

  it.each([
    ["2026-11-24 09:00:00", NOW_MS - 1_800_000],
    [String(NOW_MS / 1_000 - 60), NOW_MS - 60_000],
    ["2026-11-22 09:00:00", NOW_MS],
    ["2026-11-25 09:00:00", NOW_MS],
    ["yesterday", NOW_MS],
  ])("cdt %s is believed only where it needs no token_auth", async (cdt, atMs) => {
    await send({ query: aHit({ rb_token: token, cdt, token_auth: "x", cip: "203.0.113.9", country: "fr" }) });
    expect(collector.log.beacons().at(-1)).toMatchObject({ country: "GB", events: [{ atMs }] });
  });

  it.each([
    ["another site's page", { headers: { origin: "https://shop.example" } }, 403],
    ["a picture on a strange page", { method: "GET", headers: { referer: "https://evil.example/x" } }, 403],
    ["a picture on a page of the site", { method: "GET", headers: { referer: `${ORIGIN}/x` } }, 204],
    ["something compressed", { body: "x", headers: { "content-encoding": "gzip" } }, 415],
    ["too much", { body: "x".repeat(300_000) }, 413],
  ])("%s is refused like a beacon or taken", async (_, sent, status) => {
    expect((await send({ query: aHit(), ...sent })).status).toBe(status);
  });

  it("leaves neither token nor user id nor visitor id in the log, in warnings or in answers", async () => {
    const answer = await send({ query: aHit({ rb_token: `${token}x` }) });
    expect(answer.status).toBe(401);
    const text = [
      await answer.text(),
      collector.log.text(),
      JSON.stringify([collector.warnings, collector.told]),
    ].join();
    for (const mark of [token, "somebody@example.org", "0123456789abcdef", "user-4711"])
      expect(text).not.toContain(mark);
  });
});
