import { ANSWER_HEADERS } from "../../ingest/cors.ts";
import {
  PROCESSING_FORMATS,
  PROCESSING_TYPES,
  type ProcessingFormat,
  toProcessingText,
} from "../processing/formats.ts";
import { readProcessing } from "../processing/record.ts";
import { type ApiRoute, NO_BODY, toRoute } from "./route.ts";

/** The page has a stylesheet of its own and nothing else that a browser would run or fetch. */
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What is wanted by `?format=`, or else by the Accept header; `undefined` if it is none of ours. Pure. */
function toWanted(asked: string, accept: string): ProcessingFormat | undefined {
  if (asked !== "") return PROCESSING_FORMATS.find((known) => known === asked);
  return PROCESSING_FORMATS.find((known) => accept.includes(PROCESSING_TYPES[known].split(";")[0] ?? "")) ?? "json";
}

const read = toRoute(
  "GET",
  "/v1/processing",
  "processing.read",
  NO_BODY,
  async ({ service, caller, query, accept }) => {
    const wanted = toWanted(query("format"), accept);
    if (wanted === undefined)
      return { refused: "body_invalid", detail: `format: must be one of ${PROCESSING_FORMATS.join(", ")}.` };
    const text = toProcessingText(await readProcessing(service, caller.reaches), wanted);
    const headers = { ...ANSWER_HEADERS, "content-type": PROCESSING_TYPES[wanted] };
    return new Response(text, {
      headers: wanted === "html" ? { ...headers, "content-security-policy": PAGE_POLICY } : headers,
    });
  },
);

/** The records of processing: a key of some Partners sees those alone among the controllers. */
export const PROCESSING_ROUTES: readonly ApiRoute[] = [read];
