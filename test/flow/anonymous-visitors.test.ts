import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findFiles, makeColumnsPlain } from "../fixtures/disk.ts";
import { type HouseCollector, ORIGIN, openHouseCollector } from "../fixtures/house-collector.ts";
import { openRightsHouse, type RightsHouse } from "../fixtures/rights-house.ts";

/** What could tell one visitor from another, wherever a browser puts it. */
const MARKS = {
  address: "203.0.113.77",
  "IPv6 address": "2001:db8:77::a1b2",
  "user agent": "Kestrel/9.9.7741",
  cookie: "kestrel-session-7741",
  "query of the page": "kestrelquery",
  "fragment of the page": "kestrelfragment",
  "query of the referrer": "kestrelreferrer",
  title: "kestreltitle",
  language: "x-kestrel",
  "unknown field": "kestrelfield",
  "unknown header": "kestrelheader",
} as const;

let house: RightsHouse;
let collector: HouseCollector;
/** Ids of events, which the browsers made up. */
const ids: string[] = [];
beforeAll(async () => {
  house = await openRightsHouse({ ROEBUCK_TRUSTED_PROXIES: "127.0.0.1" });
  await makeColumnsPlain(house.service.warehouse);
  collector = await openHouseCollector(house);
});
afterAll(async () => {
  await collector[Symbol.asyncDispose]();
  await house[Symbol.asyncDispose]();
});

interface Visit {
  readonly path?: string;
  readonly referrer?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly type?: string;
}

/** One view of somebody who is not signed in, with every mark that a browser can carry. */
async function view({ path = "/guides", referrer = "", headers = {}, type = "page_view" }: Visit) {
  const event = collector.toEvent(type, {
    url: `${ORIGIN}${path}?q=${MARKS["query of the page"]}#${MARKS["fragment of the page"]}`,
    title: MARKS.title,
    visitor: MARKS["unknown field"],
    ...(referrer === "" ? {} : { referrer }),
  });
  ids.push(event.id);
  return collector.send(undefined, [event], {
    "x-forwarded-for": MARKS.address,
    "user-agent": `Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/141.0.0.0 Safari/537.36 ${MARKS["user agent"]}`,
    cookie: `id=${MARKS.cookie}`,
    "accept-language": MARKS.language,
    "x-visitor": MARKS["unknown header"],
    ...headers,
  });
}

const readSums = async () => {
  await house.settle();
  return house.rows<{ path: string; referrer: string; views: string; visits: string }>(
    `SELECT path, referrer, toString(sum(views)) AS views, toString(sum(visits)) AS visits
     FROM statistics_v1 GROUP BY path, referrer ORDER BY path, referrer`,
  );
};

describe("visitors who are not signed in", () => {
  it("are sums by hour, page, referring host, country and device, in which a visit is a view that came from another host", async () => {
    const elsewhere = `https://search.example/?q=${MARKS["query of the referrer"]}`;
    const within = `${ORIGIN}/start?who=${MARKS["query of the referrer"]}`;
    for (const visit of [
      { referrer: elsewhere },
      { referrer: elsewhere, headers: { "x-forwarded-for": MARKS["IPv6 address"] } },
      { referrer: within },
      {},
      { referrer: "no address at all" },
      { path: "/other", referrer: "https://www.example.org:8443/" },
      { path: "/other", referrer: "android-app://com.example" },
      { path: "/other", referrer: "https://example.org/" },
    ]) {
      const answer = await view(visit);
      expect([answer.status, answer.text]).toEqual([202, '{"accepted":1,"rejected":[]}']);
    }
    const sums = await readSums();
    const add = (some: typeof sums, column: "views" | "visits") =>
      some.reduce((sum, row) => sum + Number(row[column]), 0);
    const total = (path: string) => {
      const some = sums.filter((sum) => sum.path === path);
      return [add(some, "views"), add(some, "visits")];
    };
    expect(total("/guides")).toEqual([5, 2]);
    // The site's own host is its own whatever the port, an app is no host, and a host under another name is another.
    expect(total("/other")).toEqual([3, 1]);
    expect(new Set(sums.map(({ referrer }) => referrer))).toContain("search.example");
    const columns = await house.rows<{ name: string }>(
      "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = 'statistics_hourly' ORDER BY position",
    );
    expect(columns.map(({ name }) => name)).toEqual([
      "hour",
      "site",
      "path",
      "referrer",
      "country",
      "device",
      "views",
      "visits",
    ]);
  });

  it.each([
    ["sec-gpc", "1"],
    ["dnt", "1"],
  ])("who send %s: %s are answered and not even counted", async (name, value) => {
    const before = await readSums();
    expect((await view({ path: "/private", headers: { [name]: value } })).status).toBe(202);
    expect(await readSums()).toEqual(before);
    // Any other value says nothing.
    expect((await view({ path: `/not-private-${name}`, headers: { [name]: "0" } })).status).toBe(202);
    expect((await readSums()).map(({ path }) => path)).toContain(`/not-private-${name}`);
  });

  it("are counted for pages alone: nothing else that they do, and no robot", async () => {
    const before = await readSums();
    for (const type of ["download", "search", "play", "leave", "click", "feedback"]) {
      expect([type, (await view({ path: "/done", type })).status]).toEqual([type, 202]);
    }
    const robot = { "user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)" };
    expect((await view({ path: "/robot", headers: robot })).status).toBe(202);
    expect(await readSums()).toEqual(before);
  });

  it("leave nothing of a visitor on any disk, on the log, in any table or in what the service says", async () => {
    await house.settle();
    for (const [what, mark] of Object.entries(MARKS)) {
      expect([what, findFiles(house.dataDir, mark)]).toEqual([what, []]);
      expect([what, house.logged.filter((line) => line.includes(mark))]).toEqual([what, []]);
    }
    for (const id of ids) {
      const bytes = Buffer.from(id.replaceAll("-", ""), "hex");
      // ClickHouse stores each half of a UUID with its last byte first.
      const swapped = Buffer.concat([bytes.subarray(0, 8).toReversed(), bytes.subarray(8).toReversed()]);
      for (const mark of [id, bytes, swapped]) expect(findFiles(house.dataDir, mark)).toEqual([]);
    }
    const tables = ["engagement", "behaviour", "feedback", "attendance", "drops", "people", "resources"];
    for (const table of tables) {
      expect([table, await house.rows(`SELECT count() AS c FROM ${table} HAVING c > 0`)]).toEqual([table, []]);
    }
  });

  it("are on the log as sums: records of cells, under one key for all", async () => {
    const stop = new AbortController();
    const cells: object[] = [];
    const ends = await house.service.log.ends("events");
    for await (const { last, records } of house.service.log.follow("events", stop.signal)) {
      for (const { key, value } of records) {
        const record = JSON.parse(Buffer.from(value).toString()) as { kind: string; cells: object[] }; // our own writing
        expect([key, record.kind, Object.keys(record)]).toEqual(["statistics", "statistics", ["kind", "v", "cells"]]);
        cells.push(...record.cells);
      }
      if (last + 1 >= (ends.get(0) ?? 0)) break;
    }
    stop.abort();
    const names = new Set(cells.flatMap((cell) => Object.keys(cell)));
    expect([...names].sort()).toEqual(["country", "device", "hourMs", "path", "referrer", "site", "views", "visits"]);
    for (const cell of cells as { hourMs: number }[]) expect(cell.hourMs % 3_600_000).toBe(0); // looked at above
  });

  it("are given no cookie to come back with", async () => {
    const answer = await fetch(`${collector.url}/v1/beacons`, {
      method: "POST",
      headers: { "content-type": "text/plain", origin: ORIGIN },
      body: JSON.stringify({
        v: 1,
        site: "www",
        sent_at: house.clock.nowMs(),
        events: [collector.toEvent("page_view")],
      }),
    });
    expect(answer.status).toBe(202);
    expect(answer.headers.get("set-cookie")).toBeNull();
    expect(answer.headers.get("etag")).toBeNull();
  });
});
