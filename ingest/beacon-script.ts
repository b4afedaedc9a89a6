import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { stop, transformSync } from "esbuild";
import type { Hono } from "hono";

/** A script as the collector serves it. */
export interface BeaconScript {
  readonly body: string;
  /** Value for the `integrity` attribute (SHA-384). */
  readonly integrity: string;
  /** Strong entity tag. */
  readonly etag: string;
}

/** Builds the beacon from its source: minified, one strict function, no names left behind in the page. Takes some 20 ms; done once at start. */
export function buildBeacon(): BeaconScript {
  const source = readFileSync(new URL("./beacon/beacon.ts", import.meta.url), "utf8");
  const { code } = transformSync(source, { loader: "ts", target: "es2020", minify: true, format: "iife" });
  void stop(); // its helper process would stay as long as this one
  const digest = createHash("sha384").update(code).digest("base64");
  return { body: code, integrity: `sha384-${digest}`, etag: `"${digest.slice(0, 22)}"` };
}

/**
 * Serves the beacon at `/b.js`. Any origin may read it, so that a page can check its integrity; browsers ask
 * again after an hour, and the entity tag then saves the transfer.
 */
export function addBeaconRoute(app: Hono, script: BeaconScript): void {
  app.get("/b.js", (context) => {
    const headers = {
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=3600",
      "access-control-allow-origin": "*",
      "cross-origin-resource-policy": "cross-origin",
      "x-content-type-options": "nosniff",
      etag: script.etag,
    };
    if (context.req.header("if-none-match") === script.etag) return context.body(null, 304, headers);
    return context.body(script.body, 200, headers);
  });
}
