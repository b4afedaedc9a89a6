import type { RecordOfEngagement } from "../schemas/record.ts";

/** The record as JSON text, indented, ending in a line break: the same object that the PDF and the CSV are made from. */
export function toJson(record: RecordOfEngagement): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}
