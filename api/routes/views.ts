import { z } from "zod";
import { ANSWER_HEADERS } from "../../ingest/cors.ts";
import { VIEWS, type ViewName } from "../../schemas/views.ts";
import { writeAudit } from "../audit.ts";
import { openReaderAnswer, type ReaderAnswer } from "../exports/reader-client.ts";
import {
  type DaySpan,
  EXPORT_FORMATS,
  EXPORT_SETTINGS,
  type ExportFormat,
  hasPartner,
  toExportQuery,
  toMonthSpan,
} from "../exports/view-export.ts";
import { MONTH, toMonth } from "./month.ts";
import { toReached } from "./partners.ts";
import { type ApiRoute, toAnswers, toRoute } from "./route.ts";

const VIEW_NAMES = Object.keys(VIEWS) as ViewName[]; // keys of a constant object
const FORMAT_NAMES = Object.keys(EXPORT_FORMATS) as [ExportFormat, ...ExportFormat[]]; // keys of a constant object that is not empty

const LISTED = z.object({
  view: z.enum(VIEW_NAMES as [ViewName, ...ViewName[]]), // not empty
  prose: z.string(),
  span: z.enum(["day", "hour", "month"]).describe("The column by which its rows are of a time."),
  columns: z.array(z.object({ name: z.string(), type: z.string().describe("ClickHouse's."), prose: z.string() })),
});

const list = toRoute(
  {
    method: "GET",
    path: "/v1/views",
    action: "views.read",
    summary: "The analysts' views, and what their columns mean",
    answers: toAnswers("Every view.", z.object({ views: z.array(LISTED) })),
    isTagged: true,
  },
  async () => ({
    views: VIEW_NAMES.map((view) => {
      const { prose, span, columns } = VIEWS[view];
      return { view, prose, span, columns: columns.map(({ name, type, prose }) => ({ name, type, prose })) };
    }),
  }),
);

const TYPES: Readonly<Record<ExportFormat, string>> = {
  arrow: "application/vnd.apache.arrow.file",
  parquet: "application/vnd.apache.parquet",
  csv: "text/csv; charset=utf-8",
};

const DAY = z.iso.date({ error: "must be a day, yyyy-mm-dd" }).describe("A day, yyyy-mm-dd, UTC.");
const QUERY = z.strictObject({
  month: MONTH.optional(),
  from: DAY.optional(),
  until: DAY.optional().describe("Last day, yyyy-mm-dd, UTC. Default: the first."),
  format: z.enum(FORMAT_NAMES).default("csv"),
});

/** The days that are asked for; in words, why they cannot be. Pure. */
function toSpan({ month, from, until }: z.infer<typeof QUERY>): DaySpan | string {
  if (month !== undefined) {
    return from === undefined && until === undefined ? toMonthSpan(toMonth(month)) : "month: must stand alone";
  }
  if (from === undefined) return "month: must be given, or from and until";
  const span = { from, until: until ?? from };
  return span.from > span.until ? "until: must not be before from" : span;
}

/** The rows as they come, no faster than the caller takes them. */
function toStream({ chunks }: ReaderAnswer, close: () => Promise<void>): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      try {
        const { value, done } = await iterator.next();
        if (done !== true) return controller.enqueue(value);
        await close();
        controller.close();
      } catch (error) {
        await close();
        controller.error(error);
      }
    },
    cancel: close,
  });
}

const rows = toRoute(
  {
    method: "GET",
    path: "/v1/views/:view",
    action: "views.read",
    summary: "A view's rows of a month or of some days, as CSV, Arrow or Parquet",
    prose:
      "Rows of people whose processing is restricted are in no view. A key of some Partners gets theirs, and no view that does not say whose a row is. In CSV, texts that a spreadsheet could take for formulas begin with '. Whoever keeps the rows must delete them when they pass their year, and when somebody is erased.",
    query: QUERY,
    answers: {
      200: {
        prose: "The rows. The answer is whole, or breaks off.",
        types: { "text/csv": "text", [TYPES.arrow]: "bytes", [TYPES.parquet]: "bytes" },
      },
    },
    refuses: ["not_found", "partner_forbidden"],
    notesItself: true,
  },
  async (call) => {
    const { service, caller, query } = call;
    const view = VIEW_NAMES.find((name) => name === call.param("view"));
    if (view === undefined) return { refused: "not_found" };
    const span = toSpan(query);
    if (typeof span === "string") return { refused: "query_invalid", detail: span };
    const partners = toReached(call);
    if (partners !== undefined && !hasPartner(view)) return { refused: "partner_forbidden" };
    const { format } = query;
    const detail = { view, format, ...span };
    await writeAudit(service, { actor: caller.id, action: "views.read", subject: query.month ?? "", detail });
    const { answer, close } = await openReaderAnswer(service, {
      query: toExportQuery(view, format, partners !== undefined),
      format: EXPORT_FORMATS[format],
      signal: new AbortController().signal, // closing the client ends it
      settings: EXPORT_SETTINGS,
      params: { ...span, ...(partners === undefined ? {} : { partners }) },
    });
    const name = `${view}-${query.month ?? `${span.from}-${span.until}`}.${format}`;
    return new Response(toStream(answer, close), {
      headers: {
        ...ANSWER_HEADERS,
        "content-type": TYPES[format],
        "content-disposition": `attachment; filename="${name}"`,
        ...(answer.bytes === undefined ? {} : { "content-length": String(answer.bytes) }),
      },
    });
  },
);

/** The analysts' views. */
export const VIEW_ROUTES: readonly ApiRoute[] = [list, rows];
