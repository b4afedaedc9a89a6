import { z } from "zod";
import { ABSENCE_NAMES, type Absence } from "../schemas/absence.ts";
import { FIGURE_NAMES, type FigureName } from "../schemas/figures.ts";
import { PEER_FIGURES } from "../schemas/record.ts";
import { DROP_REASON_NAMES, type DropReason } from "../schemas/verdict.ts";

const count = z.number().int().min(0);
const cell = count.nullable();
const text = z.string();
const absence = z.enum(ABSENCE_NAMES as readonly [Absence, ...Absence[]]).nullable(); // not empty

const useRow = z.object({
  id: text,
  title: text,
  type: text,
  uniqueRequests: cell,
  totalRequests: cell,
  uniqueInvestigations: cell,
  totalInvestigations: cell,
  people: cell,
});

const figures = z.object(
  // One entry for each name of the catalogue, in its order.
  Object.fromEntries(FIGURE_NAMES.map((name) => [name, count])) as Record<FigureName, typeof count>,
);

const partner = z.object({
  id: text,
  name: text,
  group: text,
  seats: cell,
  zone: text,
  contract_start: text.nullable(),
  contract_end: text.nullable(),
});

/** The `body` of a row of `records` as the first release froze it. */
export const FROZEN_BODY_1 = z.object({
  v: z.literal(1),
  partner,
  people_min: count,
  figures: figures.omit({ events_attended: true }),
  top_resources: z.array(useRow),
  by_kind: z.array(useRow),
  top_pages: z.array(z.object({ path: text, title: text, views: cell, people: cell })),
  weekday_hours: z.array(z.array(count)),
  days: z.array(count),
  how_counted: z.object({
    received: count,
    dropped: z.partialRecord(z.enum(DROP_REASON_NAMES as readonly [DropReason, ...DropReason[]]), count), // not empty
    double_clicks: count,
    counted: count,
    counted_by_purpose: z.object({ engagement: count, behaviour: count, feedback: count }),
  }),
});

/** The `body` of a row of `records` as it is frozen now. */
export const FROZEN_BODY_2 = FROZEN_BODY_1.extend({
  v: z.literal(2),
  partner: partner.extend({ fee: z.number().min(0).nullable(), currency: text }),
  figures,
  weekday_hours: z.array(z.array(cell)),
  days: z.array(cell),
  by_topic: z.array(useRow),
  departments: z.array(z.object({ dept: text, title: text, people: cell, uniqueRequests: cell, actions: cell })),
  searches: z.array(z.object({ term: text, searches: count, people: count })),
  events: z.array(z.object({ id: text, title: text, kind: text, date: text, attendees: cell })),
  newcomers: z.object({ new_people: cell, returning_people: cell, absence }),
  engaged: z.object({ engaged_ms: cell, engaged_people: cell, agreed_people: cell, absence }),
  feedback: z.object({ responses: count, average: z.number().min(1).max(5).nullable(), absence }),
  completeness: z.object({
    provisional: z.boolean(),
    days_with_data: cell,
    silent_days: z.array(text),
    late_hours_max: cell,
    attended_minutes_min: cell,
  }),
  peers: z.array(
    z.object({
      figure: z.enum(PEER_FIGURES),
      partners: count,
      lower_quartile: z.number(),
      median: z.number(),
      upper_quartile: z.number(),
    }),
  ),
});
