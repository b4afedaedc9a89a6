import { z } from "zod";
import { toPatternWork } from "./pattern-work.ts";

/** Longest part of a user agent that is looked at, characters: a bound on the work of its patterns. */
export const AGENT_LENGTH_MAX = 512;
/** Most ways to read a user agent that a pattern may have, some tenths of a second: two that repeat without end, or three after `^`. */
const PATTERN_WORK_MAX = 200_000_000;

/** Tells whether a user agent is a robot's. */
export type RobotTest = (userAgent: string) => boolean;

/** The list as COUNTER publishes it: regular expressions for any part of a user agent, whatever the case. */
const ROBOTS = z
  .array(z.object({ pattern: z.string().min(1).max(500), last_changed: z.string().nullish() }))
  .max(20_000);

/**
 * Reads a list of robots. Answers a sentence if it cannot.
 *
 * Pure.
 *
 * @param text a JSON array of `{pattern, last_changed}`
 * @see COUNTER Code of Practice 5.1, 7.8 and appendix I
 */
export function parseRobots(text: string): RobotTest | string {
  let list: unknown;
  try {
    list = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch {
    return "it must be JSON.";
  }
  const outcome = ROBOTS.safeParse(list);
  if (!outcome.success) return `it must be an array of {"pattern", "last_changed"}; see ${toPlace(outcome.error)}.`;
  const patterns: RegExp[] = [];
  for (const [index, { pattern }] of outcome.data.entries()) {
    try {
      patterns.push(new RegExp(pattern, "i"));
    } catch {
      return `pattern ${index + 1}, ${JSON.stringify(pattern)}, must be a regular expression.`;
    }
    if (toPatternWork(pattern, AGENT_LENGTH_MAX) > PATTERN_WORK_MAX)
      return `pattern ${index + 1}, ${JSON.stringify(pattern)}, must be simpler: it repeats what has repeats or choices in it, or has too many of them.`;
  }
  return (userAgent) => patterns.some((pattern) => pattern.test(userAgent));
}

function toPlace(error: z.ZodError): string {
  const [first, ...rest] = error.issues[0]?.path ?? [];
  return first === undefined
    ? "the whole"
    : `entry ${Number(first) + 1}${rest.map((part) => `, ${String(part)}`).join("")}`;
}
