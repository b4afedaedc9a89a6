import { z } from "zod";
import { ANSWER_HEADERS } from "../../ingest/cors.ts";
import {
  PROCESSING_FORMATS,
  PROCESSING_TYPES,
  type ProcessingFormat,
  toProcessingText,
} from "../processing/formats.ts";
import { readProcessing } from "../processing/record.ts";
import { type ApiRoute, toRoute } from "./route.ts";

/** The page has a stylesheet of its own and nothing else that a browser would run or fetch. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What is wanted by the Accept header. Pure. */
function toWanted(accept: string): ProcessingFormat {
  return PROCESSING_FORMATS.find((known) => accept.includes(PROCESSING_TYPES[known].split(";")[0] ?? "")) ?? "json";
}

const read = toRoute(
  {
    method: "GET",
    path: "/v1/processing",
    action: "processing.read",
    summary: "The records of processing (GDPR Art. 30)",
    prose: "A key of some Partners sees those alone among the controllers. Without `format` the Accept header decides.",
    query: z.strictObject({ format: z.enum(PROCESSING_FORMATS).optional() }),
    answers: {
      200: {
        prose: "The records of processing.",
        types: Object.fromEntries(
          Object.values(PROCESSING_TYPES).map((type) => [
            type.split(";")[0] ?? type,
            type.includes("json") ? z.looseObject({}) : ("text" as const),
          ]),
        ),
      },
    },
  },
  async ({ service, caller, query, accept }) => {
    const wanted = query.format ?? toWanted(accept);
    const text = toProcessingText(await readProcessing(service, caller.reaches), wanted);
    const headers = { ...ANSWER_HEADERS, "content-type": PROCESSING_TYPES[wanted] };
    return new Response(text, {
      headers: wanted === "html" ? { ...headers, "content-security-policy": PAGE_POLICY } : headers,
    });
  },
);

/** The records of processing: a key of some Partners sees those alone among the controllers. */
export const PROCESSING_ROUTES: readonly ApiRoute[] = [read];
