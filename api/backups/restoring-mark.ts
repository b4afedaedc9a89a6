import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Settings } from "../../schemas/settings.ts";
import { CommandError } from "../command-io.ts";
import { syncFolder, writeDurably } from "./folder.ts";

type Folder = Pick<Settings, "dataDir">;

/** What is restored if it is no backup but the journal alone: as the command line has it. */
export const JOURNAL_ALONE = "--journal";

function toMark({ dataDir }: Folder): string {
  return join(dataDir, "restoring.json");
}

/** Notes in the data folder, durably, that the store is being replaced by a backup: until that is whole nothing may serve it. */
export function setRestoringMark(settings: Folder, backup: string): void {
  writeDurably(toMark(settings), JSON.stringify({ v: 1, backup }));
}

/** The restore is whole. */
export function clearRestoringMark(settings: Folder): void {
  rmSync(toMark(settings), { force: true });
  syncFolder(settings.dataDir);
}

/** What is being restored here and is not whole; `undefined` as a rule, `ID` if the mark does not say. */
export function readRestoringMark(settings: Folder): string | undefined {
  if (!existsSync(toMark(settings))) return undefined;
  try {
    const { backup } = JSON.parse(readFileSync(toMark(settings), "utf8")) as { backup?: unknown }; // looked at on the next line
    return typeof backup === "string" ? backup : "ID";
  } catch {
    return "ID"; // that it is there is what counts
  }
}

/** Throws CommandError, with how to finish, while a restore into this data folder is not whole. */
export function refuseRestoring(settings: Folder): void {
  const backup = readRestoringMark(settings);
  if (backup !== undefined) throw toUnfinished(`the data folder "${settings.dataDir}"`, backup);
}

/** The refusal of a store whose restore was begun. */
export function toUnfinished(what: string, backup: string): CommandError {
  const of = backup === JOURNAL_ALONE ? "the journal" : `backup ${backup}`;
  return new CommandError(
    `Cannot open ${what}: the restore of ${of} was begun and is not whole. Finish it: roebuck restore ${backup} --yes`,
  );
}
