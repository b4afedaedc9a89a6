import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { addBeaconRoute, buildBeacon, readBeaconTypes, toSnippet } from "../../../ingest/beacon-script.ts";

/** What a page pays for the beacon, bytes of gzip. */
const BEACON_BYTES_MAX = 2_048;

const scripts = buildBeacon();
const app = new Hono();
addBeaconRoute(app, scripts);

const toGzipBytes = (text: string) => gzipSync(text, { level: 9 }).byteLength;

describe("buildBeacon()", () => {
  it(`keeps the beacon within ${BEACON_BYTES_MAX} bytes of gzip`, () => {
    const bytes = toGzipBytes(scripts.beacon.body);
    process.stdout.write(
      `The beacon: ${bytes} bytes of gzip; the form for feedback: ${toGzipBytes(scripts.form.body)}.\n`,
    );
    expect(bytes).toBeLessThanOrEqual(BEACON_BYTES_MAX);
  });

  it.each(["beacon", "form"] as const)(
    "makes a %s that no content security policy stops and that stores nothing",
    (name) => {
      expect(scripts[name].body).not.toMatch(
        /\beval\b|new Function|innerHTML|localStorage|sessionStorage|indexedDB|caches\b|\.cookie|document\.write|\.style\b/,
      );
    },
  );

  it("makes the same bytes each time, so that integrity hashes of several collectors agree", () => {
    expect(buildBeacon()).toEqual(scripts);
  });
});

describe("addBeaconRoute()", () => {
  it.each([
    ["the hashed path for a year", scripts.hashedPath, "public, max-age=31536000, immutable", scripts.beacon],
    ["/b.js for an hour", "/b.js", "public, max-age=3600", scripts.beacon],
    [
      "the form by its hash for a year",
      `/f.js?${scripts.form.integrity}`,
      "public, max-age=31536000, immutable",
      scripts.form,
    ],
    ["the form of another release for an hour", "/f.js?sha256-other", "public, max-age=3600", scripts.form],
  ])("lets browsers keep %s", async (_, path, cache, script) => {
    const answer = await app.request(`http://collector.example${path}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("cache-control")).toBe(cache);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
    const body = await answer.text();
    const [algorithm = "", digest] = script.integrity.split(/-(.*)/);
    expect(createHash(algorithm).update(body).digest("base64")).toBe(digest);
  });

  it("answers 304 to who has it", async () => {
    const answer = await app.request("http://collector.example/b.js", {
      headers: { "if-none-match": scripts.beacon.etag },
    });
    expect(answer.status).toBe(304);
  });

  it("serves no other hash: its integrity would not hold", async () => {
    expect((await app.request("http://collector.example/b.0000000000000000.js")).status).toBe(404);
  });
});

describe("toSnippet()", () => {
  it("prints a tag with the hashed address and the integrity", () => {
    expect(toSnippet(scripts, { site: "www", collector: "https://collector.example" })).toBe(
      `<script src="https://collector.example${scripts.hashedPath}" integrity="${scripts.beacon.integrity}" crossorigin="anonymous" data-site="www" defer></script>`,
    );
  });

  it("escapes what a site is called", () => {
    expect(toSnippet(scripts, { site: '"><b>', collector: "https://c.example", search: "q" })).toContain(
      'data-site="&#34;&#62;&#60;b&#62;" data-search="q"',
    );
  });
});

describe("readBeaconTypes()", () => {
  it("describes every call, and imports nothing", () => {
    const types = readBeaconTypes();
    for (const name of ["page_view", "search", "click", "feedback", "consent", "token", "ask"]) {
      expect(types).toContain(`(name: "${name}"`);
    }
    expect(types).not.toMatch(/^import /m);
  });
});
