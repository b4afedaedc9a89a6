import type { FrozenFigures } from "../schemas/record.ts";
import type { CountedFigures } from "./counted.ts";
import { toEarlier } from "./earlier.ts";
import type { FrozenBody } from "./frozen.ts";
import { toShownGrids } from "./suppress-grids.ts";
import { toShownEngaged, toShownFeedback, toShownNewcomers, toShownSearches } from "./suppress-parts.ts";
import { toShownDepartments, toShownEvents } from "./suppress-people.ts";
import { toShownUse } from "./suppress-use.ts";

const NO_LISTS = {
  top_resources: [],
  by_kind: [],
  by_topic: [],
  top_pages: [],
  departments: [],
  searches: [],
  events: [],
} as const;

/** What was published before, which a reader can lay beside the record, and how its days lie. */
export interface PublishedBefore {
  /** Weekday of the 1st of the month, 0 = Monday. */
  readonly firstWeekday: number;
  /** Versions of the same month, oldest first. */
  readonly earlierVersions: readonly FrozenBody[];
  /** The month before in its latest version, if it is closed. */
  readonly previousMonth: FrozenBody | undefined;
}

/**
 * What may be shown of what was counted: whatever describes fewer than `peopleMin` people is withheld, and as much
 * more as it takes that it cannot be worked out: from totals, from another table of the record, from an earlier
 * version of the month. Totals of the whole Partner are shown.
 *
 * Of a Partner with fewer active people than that no list is shown at all: what is listed would be what they used.
 *
 * Months have no number of few people in common (people are not additive over months, and no table is cumulative), so
 * the month before gives nothing away by itself; rows that it withheld are preferred where a second one must go.
 *
 * Pure. The same is withheld for the same numbers, in whatever order they come.
 *
 * @see GDPR Art. 5(1)(c)
 */
export function toShownFigures(counted: CountedFigures, before: PublishedBefore, peopleMin: number): FrozenFigures {
  const earlier = toEarlier(before.earlierVersions, counted, peopleMin);
  const known = { earlier, previousMonth: before.previousMonth };
  const { figures, how_counted, completeness } = counted;
  const isFewActive = figures.active_people < peopleMin;
  const lists = isFewActive
    ? NO_LISTS
    : {
        ...toShownUse(counted, known),
        departments: toShownDepartments(counted, known),
        searches: toShownSearches(counted, earlier),
        events: toShownEvents(counted, known),
      };
  return {
    figures,
    ...lists,
    newcomers: toShownNewcomers(counted, earlier),
    engaged: toShownEngaged(counted, earlier),
    feedback: toShownFeedback(counted, earlier),
    ...toShownGrids(counted, before.firstWeekday, known),
    how_counted,
    completeness: {
      ...completeness,
      days_with_data: isFewActive ? null : completeness.days_with_data,
    },
  };
}
