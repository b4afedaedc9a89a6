import { z } from "zod";
import type { RouteAnswer } from "../routes/route.ts";

/** Where the document lies. */
export const DOCUMENT_PATH = "/v1/openapi.json";
/** Where people read it. */
export const PAGE_PATH = "/docs";

/** The addresses of the reference itself: nobody needs a key, since they say nothing of an installation. */
export const REFERENCE_ROUTES: readonly {
  readonly path: string;
  readonly summary: string;
  readonly answers: Readonly<Record<number, RouteAnswer>>;
}[] = [
  {
    path: DOCUMENT_PATH,
    summary: "The API as an OpenAPI 3.1 document",
    answers: { 200: { prose: "The document.", types: { "application/json": z.looseObject({ openapi: z.string() }) } } },
  },
  {
    path: PAGE_PATH,
    summary: "The same as a page to read",
    answers: { 200: { prose: "The page.", types: { "text/html": "text" } } },
  },
];
