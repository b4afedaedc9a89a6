import type { EngagedTime, FeedbackSummary, Newcomers, SearchRow } from "../schemas/record.ts";
import type { CountedFigures } from "./counted.ts";
import { type Earlier, isFew, isTelling } from "./earlier.ts";

/**
 * New and returning people, both withheld if either are few: they add up to the active people, which are shown. Also if
 * an earlier version withheld them, or showed a number that few people make different. Pure.
 */
export function toShownNewcomers({ newcomers }: CountedFigures, { bodies, peopleMin }: Earlier): Newcomers {
  const { new_people, returning_people, absence } = newcomers;
  if (absence !== null) return { new_people: null, returning_people: null, absence };
  const isWithheld = [new_people, returning_people].some((people, index) => {
    const past = bodies.map((body) => (index === 0 ? body.newcomers.new_people : body.newcomers.returning_people));
    return (
      isFew(people, peopleMin) ||
      bodies.some((body) => body.newcomers.absence === "withheld") ||
      past.some((before) => before !== null && isFew(Math.abs(before - people), peopleMin))
    );
  });
  return isWithheld ? { new_people: null, returning_people: null, absence: "withheld" } : newcomers;
}

/**
 * Engaged time, "from N of M people who agreed". All three are withheld if N or M are few. Where only the rest, those
 * who agreed and were never engaged, are few, N alone is withheld: time and M tell nothing of them. Pure.
 */
export function toShownEngaged({ engaged }: CountedFigures, earlier: Earlier): EngagedTime {
  const { engaged_ms, engaged_people, agreed_people } = engaged;
  const few = (people: number) => isFew(people, earlier.peopleMin);
  if (few(engaged_people) || few(agreed_people) || isEngagedTelling(engaged, earlier))
    return { engaged_ms: null, engaged_people: null, agreed_people: null, absence: "withheld" };
  const isRestFew =
    few(agreed_people - engaged_people) ||
    earlier.bodies.some((body) => body.engaged.absence === "withheld" && body.engaged.engaged_people === null);
  return isRestFew
    ? { engaged_ms, engaged_people: null, agreed_people, absence: "withheld" }
    : { engaged_ms, engaged_people, agreed_people, absence: null };
}

/** Time is nobody's count: if it changed, it did by the time of the people that came or went, or of few of the others. */
function isEngagedTelling(now: CountedFigures["engaged"], { bodies, peopleMin }: Earlier): boolean {
  return bodies.some(({ engaged: before }) => {
    if (before.engaged_ms === null || before.agreed_people === null) return before.absence === "withheld";
    const agreed = Math.abs(before.agreed_people - now.agreed_people);
    const people = before.engaged_people === null ? agreed : Math.abs(before.engaged_people - now.engaged_people);
    const hasTimeChanged = before.engaged_ms !== now.engaged_ms;
    return isFew(agreed, peopleMin) || isFew(people, peopleMin) || (hasTimeChanged && people < peopleMin);
  });
}

/**
 * The average score to one decimal, withheld unless surely enough people gave one, or if beside an earlier version it would tell what few
 * people gave. Pure.
 */
export function toShownFeedback({ feedback }: CountedFigures, { bodies, peopleMin }: Earlier): FeedbackSummary {
  const { responses, scorers, score_sum, people } = feedback;
  if (responses === 0) return { responses, average: null, absence: "none_given" };
  const average = scorers === 0 ? null : Math.round((score_sum / scorers) * 10) / 10;
  const isTellingNow = bodies.some(({ feedback: before }) => {
    if (before.average === null) return false;
    const apart = Math.abs(before.responses - responses);
    return isFew(apart, peopleMin) || (apart === 0 && before.average !== average);
  });
  const isShown = average !== null && people >= peopleMin && !isTellingNow;
  return { responses, average: isShown ? average : null, absence: isShown ? null : "withheld" };
}

/**
 * Searched terms as they may be shown. They and the rest add up to the searches, so if the rest is of few people, or is
 * one term that may not be shown beside an earlier version, the last of the list goes too: one is enough, because it is
 * of enough people. Pure.
 */
export function toShownSearches({ searches }: CountedFigures, { bodies, peopleMin }: Earlier): readonly SearchRow[] {
  const lists = bodies
    .filter(({ v }) => v !== 1)
    .map(({ searches: rows }) => ({
      rows: new Map(rows.map(({ term, searches: count, people }) => [term, [people, count]])),
      isWhole: false,
    }));
  const shown = searches.rows.filter(
    ({ term, people, searches: count }) => people >= peopleMin && !isTelling([people, count], term, lists, peopleMin),
  );
  const left = searches.rows.length - shown.length;
  const isLone = left === 0 ? isFew(searches.rest_people, peopleMin) : left === 1 && searches.rest_people === 0;
  return isLone ? shown.slice(0, -1) : shown;
}
