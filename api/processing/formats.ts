import { toProcessingDocument } from "./document.ts";
import { toHtmlPage } from "./html.ts";
import { toMarkdownPage } from "./markdown.ts";
import { type ProcessingRecord, toProcessingJson } from "./record.ts";

/** What the records of processing can be written as. */
export const PROCESSING_FORMATS = ["html", "md", "json"] as const;
/** One of them. */
export type ProcessingFormat = (typeof PROCESSING_FORMATS)[number];

/** The media type of a format, for an answer over HTTP. */
export const PROCESSING_TYPES: Readonly<Record<ProcessingFormat, string>> = {
  html: "text/html; charset=utf-8",
  md: "text/markdown; charset=utf-8",
  json: "application/json",
};

/** The records of processing in a format. Pure. */
export function toProcessingText(record: ProcessingRecord, format: ProcessingFormat): string {
  switch (format) {
    case "html":
      return toHtmlPage(toProcessingDocument(record));
    case "md":
      return toMarkdownPage(toProcessingDocument(record));
    case "json":
      return toProcessingJson(record);
  }
}
