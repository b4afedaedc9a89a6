import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import type { Hono } from "hono";

/** A script as the collector serves it. */
export interface ServedScript {
  readonly body: string;
  /** Value for the `integrity` attribute. */
  readonly integrity: string;
  /** Strong entity tag. */
  readonly etag: string;
}

/** The beacon, and the form for feedback that it loads when a page asks for it. */
export interface BeaconScripts {
  readonly beacon: ServedScript;
  readonly form: ServedScript;
  /** Path of the beacon with its hash: what it serves never changes. */
  readonly hashedPath: string;
}

const HEADERS = {
  "content-type": "text/javascript; charset=utf-8",
  "access-control-allow-origin": "*",
  "cross-origin-resource-policy": "cross-origin",
  "x-content-type-options": "nosniff",
};
const CACHE_FOREVER = "public, max-age=31536000, immutable";
const CACHE_HOUR = "public, max-age=3600";

/**
 * Builds the scripts from their sources: minified, one function each, no names left behind in the page. Takes some
 * 50 ms; done once at start.
 */
export function buildBeacon(): BeaconScripts {
  const form = build("form", "sha256", {});
  const beacon = build("beacon", "sha384", { FORM_INTEGRITY: JSON.stringify(form.integrity) });
  const hash = createHash("sha256").update(beacon.body).digest("hex").slice(0, 16);
  return { beacon, form, hashedPath: `/b.${hash}.js` };
}

function build(name: string, algorithm: "sha256" | "sha384", define: Record<string, string>): ServedScript {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL(`./beacon/${name}.ts`, import.meta.url))],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    define,
    tsconfigRaw: {},
  });
  const body = outputFiles[0]?.text ?? "";
  const digest = createHash(algorithm).update(body).digest("base64");
  return { body, integrity: `${algorithm}-${digest}`, etag: `"${digest.slice(0, 22)}"` };
}

/** The published types of the function `roebuck`. */
export function readBeaconTypes(): string {
  return readFileSync(new URL("./beacon/roebuck.d.ts", import.meta.url), "utf8");
}

/**
 * Serves the beacon at its hashed path, kept by browsers for a year, and at `/b.js`, asked again after an hour; the form
 * at `/f.js`. Any origin may read them, so that a page can check their integrity.
 */
export function addBeaconRoute(app: Hono, { beacon, form, hashedPath }: BeaconScripts): void {
  const serve = (path: string, script: ServedScript, isForever: (query: string) => boolean) =>
    app.get(path, (context) => {
      const forever = isForever(new URL(context.req.url).search.slice(1));
      const headers = { ...HEADERS, "cache-control": forever ? CACHE_FOREVER : CACHE_HOUR, etag: script.etag };
      if (context.req.header("if-none-match") === script.etag) return context.body(null, 304, headers);
      return context.body(script.body, 200, headers);
    });
  serve(hashedPath, beacon, () => true);
  serve("/b.js", beacon, () => false);
  serve("/f.js", form, (query) => query === form.integrity);
}

/** What a site puts into its pages. */
export interface SnippetOptions {
  readonly site: string;
  /** Where browsers reach the collector: an origin. */
  readonly collector: string;
  /** Name of the query parameter that holds what is searched for, if pages of the site have one. */
  readonly search?: string;
}

/** The tag of the beacon, with its hashed address and integrity. Pure. */
export function toSnippet({ beacon, hashedPath }: BeaconScripts, { site, collector, search }: SnippetOptions): string {
  const attributes = {
    src: new URL(hashedPath, collector).href,
    integrity: beacon.integrity,
    crossorigin: "anonymous",
    "data-site": site,
    ...(search === undefined ? {} : { "data-search": search }),
  };
  const words = Object.entries(attributes).map(([name, value]) => `${name}="${toAttribute(value)}"`);
  return `<script ${words.join(" ")} defer></script>`;
}

function toAttribute(value: string): string {
  return value.replace(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
