import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildSync, stop } from "esbuild";
import type { Hono } from "hono";
import { toStyleSheet } from "../../reporting/html-style.ts";
import type { Palette } from "../../reporting/palette.ts";

/** A file that pages of the portal ask for, at an address that changes with its content. */
export interface PortalAsset {
  readonly path: string;
  readonly mediaType: string;
  readonly body: string;
}

/** The files of the portal's pages; all of them come from here, none from another host. */
export interface PortalAssets {
  readonly style: PortalAsset;
  readonly charts: PortalAsset;
}

/**
 * Builds them: the style sheet of records with the portal's own, and the live charts with as much of Chart.js as they
 * need. Takes a quarter of a second; done once at start.
 */
export function buildAssets(palette: Palette): PortalAssets {
  const built = buildSync({
    entryPoints: [fileURLToPath(new URL("./browser/charts.ts", import.meta.url))],
    bundle: true,
    minify: true,
    format: "iife",
    target: "es2020",
    legalComments: "inline",
    write: false,
  });
  void stop(); // its helper process would stay as long as this one
  const own = readFileSync(new URL("./portal.css", import.meta.url), "utf8");
  return {
    style: toAsset("portal.css", "text/css; charset=utf-8", toStyleSheet(palette) + own),
    charts: toAsset("charts.js", "text/javascript; charset=utf-8", built.outputFiles[0]?.text ?? ""),
  };
}

function toAsset(name: string, mediaType: string, body: string): PortalAsset {
  const digest = createHash("sha256").update(body).digest("hex").slice(0, 16);
  return { path: `/assets/${digest}/${name}`, mediaType, body };
}

/** Serves them; whoever has one keeps it, because another content has another address. */
export function addAssetRoutes(app: Hono, { style, charts }: PortalAssets): void {
  for (const { path, mediaType, body } of [style, charts]) {
    app.get(path, (context) =>
      context.body(body, 200, {
        "content-type": mediaType,
        "cache-control": "public, max-age=31536000, immutable",
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "same-origin",
      }),
    );
  }
}
