import { describe, expect, it } from "vitest";
import { parseLogTime, toAccessItem } from "../../../ingest/access-log.ts";
import { anAccessLine, someHistoryRules } from "../../fixtures/history.ts";

const toItem = (changed: Parameters<typeof anAccessLine>[0], rules = someHistoryRules()) =>
  toAccessItem(anAccessLine(changed), rules);

describe("toAccessItem()", () => {
  it("counts a page by hour, path, referring host, country and class of device", () => {
    expect(
      toItem({ request: "GET /guides/safe?page=2&x=1 HTTP/1.1", referrer: "https://search.example/?q=secret" }),
    ).toEqual({
      views: [
        {
          hourMs: Date.UTC(2025, 9, 10, 13),
          site: "www",
          path: "/guides/safe?page=2",
          referrer: "search.example",
          country: "IE",
          device: "desktop",
          visit: true,
        },
      ],
      skipped: [],
    });
  });

  it.each([
    ["no referrer", {}, false],
    ["its own host", { referrer: "https://www.example.org/x" }, false],
    ["another host", { referrer: "http://other.example:8080/x" }, true],
  ])("takes a view with %s for a visit or not", (_, changed, visit) => {
    expect(toItem(changed).views[0]?.visit).toBe(visit);
  });

  it.each([
    ["a space in the address", { request: "GET /a b HTTP/1.1" }, "/a%20b"],
    ["an escaped quote in the address", { request: String.raw`GET /say-\"hi\" HTTP/1.1` }, "/say-%22hi%22"],
    ["escaped bytes", { request: String.raw`GET /caf\xc3\xa9 HTTP/1.1` }, "/caf%C3%A9"],
    ["the whole address", { request: "GET https://www.example.org/whole HTTP/2.0" }, "/whole"],
    ["an IPv6 address", { address: "2001:db8::1" }, "/guides/safe"],
    ["a user's name with a space", { user: "Wren Kestrel" }, "/guides/safe"],
    ["quotes in the user agent", { agent: String.raw`Mozilla/5.0 (X11; \"odd\") Firefox/140.0` }, "/guides/safe"],
    ["not modified", { status: "304" }, "/guides/safe"],
    ["an e-mail address in the path", { request: "GET /of/wren@example.org HTTP/1.1" }, "/of/[masked]"],
  ])("counts a line with %s", (_, changed, path) => {
    expect(toItem(changed).views.map((view) => view.path)).toEqual([path]);
  });

  it("counts a line with more fields than the format has", () => {
    expect(toAccessItem(`${anAccessLine()} "-" 0.003`, someHistoryRules()).views).toHaveLength(1);
  });

  it("counts a page of a server that adds the session to its address", () => {
    expect(toItem({ request: "GET /a.b/guides;jsessionid=9F2C HTTP/1.1" }).views).toHaveLength(1);
  });

  it.each([
    ["other_method", { request: "POST /form HTTP/1.1" }],
    ["other_method", { request: "HEAD / HTTP/1.1" }],
    ["other_status", { status: "404" }],
    ["other_status", { status: "206" }],
    ["no_page", { request: "GET /style.CSS?v=3 HTTP/1.1" }],
    ["no_page", { request: "GET /files/guide.pdf HTTP/1.1" }],
    ["no_page", { request: "GET /robots.txt HTTP/1.1" }],
    ["no_page", { request: "GET /style.css;jsessionid=9F2C HTTP/1.1" }],
    ["no_page", { request: "GET /style.css;v=3;jsessionid=9F2C HTTP/1.1" }],
    ["no_page", { request: "GET /files/minutes;final.pdf HTTP/1.1" }],
    ["no_page", { request: "GET /matomo.php?idsite=1&rec=1 HTTP/1.1" }],
    ["no_page", { request: "GET /stats/piwik.php?idsite=1 HTTP/1.1" }],
    ["robot", { agent: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)" }],
    ["robot", { agent: "-" }],
    ["other_site", { request: "GET http://proxy.example/ HTTP/1.1" }],
    ["outside", { time: "10/Oct/2031:13:55:36 +0000" }],
    ["unreadable", { time: "31/Feb/2025:13:55:36 +0000" }],
    ["unreadable", { time: "10/Okt/2025:13:55:36 +0000" }],
    ["unreadable", { request: "-" }],
    ["unreadable", { request: String.raw`\x16\x03\x01` }],
    ["unreadable", { request: "GET *x HTTP/1.1" }],
    ["unreadable", { request: "GET / HTTP/1.1", status: "20" }],
    ["unreadable", { referrer: 'a " b' }],
    ["unreadable", { agent: "x".repeat(20_000) }],
  ] as const)("skips as %s: %j", (reason, changed) => {
    expect(toItem(changed)).toEqual({ views: [], skipped: [reason] });
  });

  it.each(["", "word", "# Version: 1.0", '192.0.2.7 - - [10/Oct/2025:13:55:36 +0000] "GET / HTTP/1.1" 200 5'])(
    "skips a line that is not in the format: %j",
    (line) => {
      expect(toAccessItem(line, someHistoryRules())).toEqual({ views: [], skipped: ["unreadable"] });
    },
  );

  it("heeds the first and the last day", () => {
    const days = { fromMs: Date.UTC(2025, 9, 10), untilMs: Date.UTC(2025, 9, 11) };
    const at = (time: string) => toItem({ time }, someHistoryRules(days)).skipped;
    expect(at("10/Oct/2025:00:00:00 +0000")).toEqual([]);
    expect(at("10/Oct/2025:00:59:59 +0100")).toEqual(["outside"]);
    expect(at("11/Oct/2025:00:00:00 +0000")).toEqual(["outside"]);
  });
});

describe("parseLogTime()", () => {
  it.each([
    ["10/Oct/2025:13:55:36 +0000", "2025-10-10T13:55:36.000Z"],
    ["10/Oct/2025:13:55:36 -0700", "2025-10-10T20:55:36.000Z"],
    ["01/Jan/2025:00:10:00 +0545", "2024-12-31T18:25:00.000Z"],
    ["29/Feb/2024:12:00:00 +0000", "2024-02-29T12:00:00.000Z"],
  ])("reads %s", (text, time) => {
    expect(new Date(parseLogTime(text)).toISOString()).toBe(time);
  });

  it.each([
    "",
    "29/Feb/2025:12:00:00 +0000",
    "10/Oct/2025:25:00:00 +0000",
    "10/Oct/2025:13:55:36",
    "2025-10-10T13:55:36Z",
  ])("answers NaN for %j", (text) => {
    expect(parseLogTime(text)).toBeNaN();
  });
});
