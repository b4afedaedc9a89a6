import { isPlainList, PLAIN_COLUMNS, parsePlainList } from "./plain-list.ts";
import type { AttendanceReport } from "./presence.ts";
import { type BadFile, isBadFile, parseRows, type Row, toBadFile } from "./rows.ts";
import { isTeamsReport, parseTeamsReport } from "./teams-report.ts";
import { isZoomMeeting, isZoomWebinar, parseZoomMeeting, parseZoomWebinar } from "./zoom-report.ts";

interface Format {
  readonly name: AttendanceReport["format"];
  is(rows: readonly Row[]): boolean;
  parse(rows: readonly Row[]): AttendanceReport | BadFile;
}

const FORMATS: readonly Format[] = [
  { name: "teams", is: isTeamsReport, parse: parseTeamsReport },
  { name: "zoom-webinar", is: isZoomWebinar, parse: parseZoomWebinar },
  { name: "zoom-meeting", is: isZoomMeeting, parse: parseZoomMeeting },
  { name: "plain", is: isPlainList, parse: parsePlainList },
];

/** Names of the formats that are known, as `--format` takes them. */
export const FORMAT_NAMES: readonly string[] = FORMATS.map(({ name }) => name);

/**
 * Reads a report on who attended. What wrote it is seen from what is in it, unless the user says.
 *
 * Pure, never throws.
 */
export function parseReport(bytes: Uint8Array, format?: string): AttendanceReport | BadFile {
  const rows = parseRows(bytes);
  if (isBadFile(rows)) return rows;
  const found = FORMATS.find(({ name, is }) => (format === undefined ? is(rows) : name === format));
  if (found === undefined)
    return toBadFile(
      `the file is no attendance report of Teams or Zoom that is known, nor a list with the columns ${PLAIN_COLUMNS.join(",")}; --format says which it is`,
    );
  const report = found.parse(rows);
  if (isBadFile(report) || report.presences.length > 0) return report;
  return toBadFile("the file has a heading but nobody who attended");
}
