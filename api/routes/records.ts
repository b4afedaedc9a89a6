import { z } from "zod";
import { ANSWER_HEADERS } from "../../ingest/cors.ts";
import { RECORD } from "../../reporting/record-schema.ts";
import { parseRecord, readStoredRows } from "../../reporting/records.ts";
import { listRecordsPage, listVersions } from "../../reporting/records-page.ts";
import { parseMonth } from "../../schemas/ids.ts";
import { openHouseStyle, toRecordStyle, toStylePrint } from "../house-style.ts";
import { RECORD_FORMATS, type RecordFormat, toBytes } from "../records/record-files.ts";
import { toReleasePrint } from "../records/release-print.ts";
import { MONTH, toMonth } from "./month.ts";
import { CURSOR_REFUSED, cutPage, PAGE_QUERY, parseCursor, toPageShape } from "./page.ts";
import { toReached } from "./partners.ts";
import { type ApiRoute, toAnswers, toRoute } from "./route.ts";
import { isMatching, toNotModified, toTag } from "./tag.ts";

const LISTED = z.object({
  partner: z.string(),
  month: MONTH,
  version: z.number().int().min(1),
  reason: z.string().describe("Why there is this version."),
  closed_at: z.iso.datetime(),
});

const list = toRoute(
  {
    method: "GET",
    path: "/v1/records",
    action: "records.read",
    summary: "Closed records that the key reaches, each in its latest version: newest month first, then by Partner",
    query: PAGE_QUERY.extend({
      month: MONTH.optional(),
      partner: z.string().max(60).optional().describe("Only this Partner's."),
    }),
    answers: toAnswers("A page of records, without their figures.", toPageShape("records", LISTED)),
    isTagged: true,
  },
  async (call) => {
    const { service, caller, query } = call;
    const place = z.tuple([z.string(), z.string()]);
    const after = query.cursor === undefined ? undefined : parseCursor(query.cursor, place);
    if (query.cursor !== undefined && after === undefined) return CURSOR_REFUSED;
    const { partner } = query;
    const partners = partner === undefined ? toReached(call) : caller.reaches(partner) ? [partner] : [];
    const rows = await listRecordsPage(service.warehouse, {
      month: query.month === undefined ? undefined : toMonth(query.month),
      partners,
      early: caller.may("records.early"),
      after: after === undefined ? undefined : { month: after[0], partner: after[1] },
      limit: query.limit + 1,
    });
    const { items, next } = cutPage(rows, query.limit, (last) => [last.month, last.partner]);
    return { records: items, next };
  },
);

const TYPES: Readonly<Record<RecordFormat, string>> = {
  json: "application/json",
  pdf: "application/pdf",
  html: "text/html; charset=utf-8",
  csv: "text/csv; charset=utf-8",
};
/** A record's page brings its style and pictures with it, and runs nothing. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const PATH = "/v1/records/:partner/:month";

/** What is wanted by the Accept header; JSON where it does not say. Pure. */
function toWanted(accept: string): RecordFormat {
  const formats = ["json", "pdf", "html", "csv"] as const;
  return formats.find((format) => accept.includes(TYPES[format].split(";")[0] ?? "")) ?? "json";
}

let release: string | undefined; // the sources do not change while they run

const one = toRoute(
  {
    method: "GET",
    path: PATH,
    action: "records.read",
    summary: "One record: JSON, PDF, HTML or CSV",
    prose:
      "Without `format` the Accept header decides. The ETag follows from the figures, the house style and this release; nothing is drawn for a caller that has it.",
    query: z.strictObject({
      format: z.enum(RECORD_FORMATS).optional(),
      version: z.coerce
        .number()
        .int()
        .min(1)
        .max(9_999_999)
        .optional()
        .describe("An earlier version; the latest if absent."),
    }),
    answers: {
      200: {
        prose: "The record.",
        types: { "application/json": RECORD, "application/pdf": "bytes", "text/html": "text", "text/csv": "text" },
      },
    },
    refuses: ["record_unknown"],
    isTagged: true,
  },
  async ({ service, caller, query, accept, noneMatch, param }) => {
    const partner = param("partner");
    const month = parseMonth(param("month"));
    if (month === undefined || !caller.reaches(partner)) return { refused: "record_unknown" };
    const rows = (await readStoredRows(service.warehouse, month, [partner])).get(partner) ?? [];
    const record = parseRecord(rows, month, query.version);
    if (record === undefined || (record.completeness.provisional && !caller.may("records.early")))
      return { refused: "record_unknown" };
    const format = query.format ?? toWanted(accept);
    const style = toRecordStyle(openHouseStyle(service.settings), partner);
    release ??= toReleasePrint();
    const etag = toTag(JSON.stringify([release, format, record.version, rows, toStylePrint(style)]));
    if (isMatching(noneMatch, etag)) return toNotModified(etag);
    const name = `${partner}-${month}.${format}`;
    return new Response(Buffer.from(await toBytes(record, format, style)), {
      headers: {
        ...ANSWER_HEADERS,
        etag,
        "content-type": TYPES[format],
        "content-disposition": `${format === "json" || format === "html" ? "inline" : "attachment"}; filename="${name}"`,
        ...(format === "html" ? { "content-security-policy": PAGE_POLICY } : {}),
      },
    });
  },
);

const versions = toRoute(
  {
    method: "GET",
    path: `${PATH}/versions`,
    action: "records.read",
    summary: "Every version of a record, oldest first, with the reason",
    answers: toAnswers("The versions.", z.object({ versions: z.array(LISTED) })),
    refuses: ["record_unknown"],
    isTagged: true,
  },
  async ({ service, caller, param }) => {
    const partner = param("partner");
    const month = parseMonth(param("month"));
    if (month === undefined || !caller.reaches(partner)) return { refused: "record_unknown" };
    const found = await listVersions(service.warehouse, partner, month, caller.may("records.early"));
    return found.length === 0 ? { refused: "record_unknown" } : { versions: found };
  },
);

/**
 * Closed records. A record that the key does not reach is unknown, like one that is not there; so is, to whom records
 * are handed out, a month that was closed before it was over: two states of one month would tell what few people did.
 */
export const RECORD_ROUTES: readonly ApiRoute[] = [list, one, versions];
