import type { EpochMs } from "../../schemas/ids.ts";
import type { KeyPlace } from "../keys/key-place.ts";
import type { Impact } from "./impact.ts";
import type { BreachSpan, BreachView, DaySpan } from "./span.ts";

/** Who is affected by an incident, by controller. Sums only: nothing in it tells of a single pseudonym. */
export interface BreachReport {
  readonly schema: "roebuck.breach/1";
  readonly view: BreachView;
  readonly span: BreachSpan;
  readonly madeMs: EpochMs;
  readonly organisation: string;
  /** How to reach the privacy officer; empty if the setting is. */
  readonly contact: string;
  readonly keyPlace: KeyPlace;
  /** Days that were there and are purged. */
  readonly goneDays: DaySpan | undefined;
  /** Records on the log that are not stored yet. */
  readonly waiting: number;
  readonly impacts: readonly Impact[];
  /** Partners of whom nothing lay there. */
  readonly unaffected: readonly string[];
}

/** What only a person can say. In the text as a gap to be filled, in the JSON as `null`. */
export const TO_FILL_IN = {
  incident_reference: "our reference of the incident",
  nature: "what happened: who had access to what, or what was lost, and how",
  aware_at: "when we became aware of it",
  likely_consequences: "what it may lead to for the people concerned",
  measures: "what was done and will be done against it and its effects, and what you may do yourselves",
} as const;

/** What a report counts, in words. */
export const VIEW_WORDS = {
  exposed: "everything that lay in the stores at that time, whenever it was collected",
  collected: "only what happened in that time",
} as const;

const COUNT = new Intl.NumberFormat("en-GB");

/** `at least 40 and at most 52 people`, or `exactly 40 people` where both are one. Pure. */
export function toPeopleWords({ peopleAtLeast, peopleAtMost }: Pick<Impact, "peopleAtLeast" | "peopleAtMost">): string {
  const noun = peopleAtMost === 1 ? "person" : "people";
  if (peopleAtLeast === peopleAtMost) return `${COUNT.format(peopleAtMost)} ${noun}`;
  return `at least ${COUNT.format(peopleAtLeast)} and at most ${COUNT.format(peopleAtMost)} ${noun}`;
}

/** Rows of all tables of one controller. Pure. */
export function toRows({ lines }: Impact): number {
  return lines.reduce((sum, { rows }) => sum + rows, 0);
}
