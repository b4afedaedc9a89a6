import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CommandError } from "../command-io.ts";
import type { Impact } from "./impact.ts";
import { toNotice } from "./notice.ts";
import type { BreachReport } from "./report.ts";
import { toBreachJson, toCountsCsv, toSendListCsv, toSummaryLines } from "./report-tables.ts";

/** Where a controller's notice lies in the folder. */
export function toNoticeFolder({ partner }: Impact): string {
  return partner === "" ? "own-accounts" : `partners/${partner}`;
}

/** Every file of a report by its path within the folder. Pure. */
export function toNoticeFiles(report: BreachReport): ReadonlyMap<string, string> {
  const files = new Map([
    ["summary.txt", `${toSummaryLines(report).join("\n")}\n`],
    ["summary.json", toBreachJson(report, report.impacts)],
    ["counts.csv", toCountsCsv(report.impacts)],
    ["send-list.csv", toSendListCsv(report.impacts, toNoticeFolder)],
  ]);
  for (const impact of report.impacts) {
    const folder = toNoticeFolder(impact);
    files.set(`${folder}/notice.md`, toNotice(report, impact));
    files.set(`${folder}/notice.json`, toBreachJson(report, [impact]));
    files.set(`${folder}/counts.csv`, toCountsCsv([impact]));
  }
  return files;
}

/** Throws CommandError unless the folder is empty or not there: an older notice must not be sent for this one. */
export async function requireEmptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  if ((await readdir(folder)).length > 0)
    throw new CommandError(`Cannot write notices to "${folder}": the folder must be empty or not there. Name another.`);
}

/** Writes a report into an empty folder; folders 0700, files 0600. Answers how many files. */
export async function writeNotices(report: BreachReport, folder: string): Promise<number> {
  const files = toNoticeFiles(report);
  for (const [name, text] of files) {
    const file = join(folder, name);
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, text, { flag: "wx", mode: 0o600 });
  }
  return files.size;
}
