import { readFileSync, statSync } from "node:fs";
import { parseRobots, type RobotTest } from "../ingest/robots-list.ts";
import type { Settings } from "../schemas/settings.ts";
import { CommandError } from "./command-io.ts";
import type { Logger } from "./logger.ts";

/** How long a changed list may go unnoticed, ms. */
const LOOK_AGAIN_MS = 10_000;

/**
 * The operator's list of robots as it is now: the same object until the file changes, `undefined` without a file.
 *
 * A list that was changed into something unreadable leaves the one before in force, and says so.
 *
 * @param elapsedMs a clock that only goes forward, ms
 * @throws CommandError if the file cannot be used at the start
 */
export function openRobots(
  { robotsFile }: Pick<Settings, "robotsFile">,
  logger: Pick<Logger, "info" | "warn">,
  elapsedMs: () => number = () => performance.now(),
): () => RobotTest | undefined {
  if (robotsFile === "") return () => undefined;
  const first = readRobots(robotsFile);
  if (typeof first === "string") throw new CommandError(`Cannot use ROEBUCK_ROBOTS_FILE="${robotsFile}": ${first}`);
  let current: RobotTest = first;
  let stamp = toStamp(robotsFile);
  let lookedMs = elapsedMs();
  return () => {
    if (elapsedMs() - lookedMs < LOOK_AGAIN_MS) return current;
    lookedMs = elapsedMs();
    const found = toStamp(robotsFile);
    if (found === stamp) return current;
    stamp = found;
    const next = readRobots(robotsFile);
    if (typeof next === "string") logger.warn("the list of robots cannot be read; the one before stays in force");
    else {
      current = next;
      logger.info("the list of robots has changed");
    }
    return current;
  };
}

function readRobots(file: string): RobotTest | string {
  try {
    return parseRobots(readFileSync(file, "utf8"));
  } catch {
    return "it must be a file that can be read.";
  }
}

/** Differs when the file does; empty if it is gone. */
function toStamp(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? "" : `${found.ino} ${found.size} ${found.mtimeMs}`;
}
