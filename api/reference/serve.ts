import type { Hono } from "hono";
import { ANSWER_HEADERS } from "../../ingest/cors.ts";
import { toIncoming } from "../../ingest/incoming.ts";
import type { ApiRoute } from "../routes/route.ts";
import { toTagged } from "../routes/tag.ts";
import { readVersion } from "../version.ts";
import { toDescribed } from "./described.ts";
import { toOpenApi } from "./openapi.ts";
import { toReferencePage } from "./page.ts";
import { DOCUMENT_PATH, PAGE_PATH } from "./paths.ts";

/** The page has a stylesheet of its own and nothing else that a browser would run or fetch. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Adds the reference of these addresses: the document and the page, both made once from what is served. */
export function addReference(app: Hono, routes: readonly ApiRoute[]): void {
  const document = toOpenApi(toDescribed(routes), readVersion());
  const json = JSON.stringify(document);
  const page = toReferencePage(document);
  const serve = (path: string, body: string, headers: Readonly<Record<string, string>>) =>
    app.get(path, (context) => {
      const noneMatch = toIncoming(context).headers["if-none-match"] ?? "";
      return toTagged(new Response(body, { headers: { ...ANSWER_HEADERS, ...headers } }), noneMatch);
    });
  serve(DOCUMENT_PATH, json, {});
  serve(PAGE_PATH, page, { "content-type": "text/html; charset=utf-8", "content-security-policy": PAGE_POLICY });
}
