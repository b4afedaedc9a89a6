import { toCsv, toCsvFiles } from "../../reporting/csv.ts";
import { toHtml } from "../../reporting/html.ts";
import { toJson } from "../../reporting/json.ts";
import { toPdf } from "../../reporting/pdf.ts";
import type { RecordOfEngagement } from "../../schemas/record.ts";
import type { RecordStyle } from "../house-style.ts";

/** What a record can be written as. */
export const RECORD_FORMATS = ["pdf", "html", "json", "csv"] as const;

/** The name of a format. */
export type RecordFormat = (typeof RECORD_FORMATS)[number];

/** A file by its path within the folder that records are written to. */
export interface RecordFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What a record makes in a format, named for its Partner and month. The same record gives the same bytes. */
export async function toRecordFiles(
  record: RecordOfEngagement,
  format: RecordFormat,
  style: RecordStyle,
): Promise<readonly RecordFile[]> {
  const name = `${record.partner.id}-${record.month}`;
  if (format !== "csv") return [{ name: `${name}.${format}`, bytes: await toBytes(record, format, style) }];
  return toCsvFolder(record).map((file) => ({ ...file, name: `${name}/${file.name}` }));
}

/** A record as CSV, a file a table. */
export function toCsvFolder(record: RecordOfEngagement): readonly RecordFile[] {
  return [...toCsvFiles(record)].map(([name, text]) => ({ name, bytes: Buffer.from(text) }));
}

/** A record in one file. */
export async function toBytes(
  record: RecordOfEngagement,
  format: RecordFormat,
  { palette, logos }: RecordStyle,
): Promise<Uint8Array> {
  switch (format) {
    case "pdf":
      return toPdf(record, { palette, words: { logos } });
    case "html":
      return Buffer.from(toHtml(record, { palette, words: { logos } }));
    case "json":
      return Buffer.from(toJson(record));
    case "csv":
      return Buffer.from(toCsv(record));
  }
}
