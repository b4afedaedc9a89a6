import { z } from "zod";
import { ABSENCE_NAMES, type Absence } from "../schemas/absence.ts";
import { ADDITIVE_NAMES, type AdditiveName, FIGURES, FURTHER_FIGURES } from "../schemas/figures.ts";
import { LATER_PARTS } from "../schemas/record.ts";
import { FROZEN_BODY_2 } from "./frozen-schema.ts";

const count = z.number().int().min(0);
const month = z.string().regex(/^\d{4}-(?:0[1-9]|1[0-2])$/);
const day = z.string().regex(/^\d{4}-\d\d-\d\d$/);
const absence = z.enum(ABSENCE_NAMES as readonly [Absence, ...Absence[]]).nullable(); // not empty
const { v: _, peers, ...frozen } = FROZEN_BODY_2.shape;
const { figures } = FROZEN_BODY_2.shape;
// One entry for each additive name.
const sums = Object.fromEntries(ADDITIVE_NAMES.map((name) => [name, count])) as Record<AdditiveName, typeof count>;

/** A Record of Engagement as its JSON has it: what is frozen, and what is worked out from frozen months alone. */
export const RECORD = z.object({
  schema: z.literal("roebuck.record/2"),
  ...frozen,
  month,
  version: z.number().int().min(1),
  reason: z.string(),
  closed_at: z.iso.datetime(),
  period: z.object({ begin: day, end: day }),
  previous: figures.nullable(),
  trend: z.array(z.object({ month, figures })).max(13),
  year: z.object({
    basis: z.enum(["contract year", "calendar year"]),
    from: month,
    months: z.array(month),
    missing: z.array(month),
    figures: z.object(sums),
    same_month_last_year: figures.nullable(),
  }),
  value: z.object({
    utilisation: z.object({ share: z.number().min(0).nullable(), exceeds_seats: z.boolean(), absence }),
    cost_per_use: z.object({
      amount: z.number().min(0).nullable(),
      fee_share: z.number().min(0).nullable(),
      currency: z.string(),
      absence,
    }),
    peers,
    peers_absence: absence,
  }),
  received_since_first_close: z.number().int(),
  not_counted: z.array(z.enum(LATER_PARTS)),
});

/** What the properties of a record mean, by their names, where the catalogue of figures does not say it. */
const PROSE: Readonly<Record<string, string>> = {
  schema: "The form of the record. A change that readers must know of gets another number.",
  partner: "The Partner as it stood when the month was closed.",
  month: "yyyy-mm, in the Partner's zone.",
  version: "Counts up: what changes a closed month makes the next version, never an edit.",
  reason: "Why there is a later version; empty for the first.",
  closed_at: "UTC.",
  period: "First and last day of the month.",
  people_min: "Cells that describe fewer people are withheld: null.",
  previous: "Figures of the month before; null if that month is not closed.",
  trend: "Up to 13 closed months, oldest first, the record's own the last. Months that were never closed are absent.",
  year: "Sums over the closed months of the contract's or the calendar year so far.",
  missing: "Months of the year so far that were never closed: the sums lack them.",
  top_resources:
    "Every resource that may be shown, those used most first; then the names of those of the 20 used most that may not.",
  by_kind: "Use by kind of resource.",
  by_topic: "Use by topic.",
  top_pages: "The pages opened most, in order.",
  departments: "Use by department, as the token told it.",
  searches: "Terms of enough people; others are not listed at all.",
  events: "Webinars, meetings and courses that were attended.",
  weekday_hours: "Page views by weekday (0 = Monday) and hour of day, 7 x 24; empty if all of it is withheld.",
  days: "Counted actions by day of the month, from the 1st; empty if all of it is withheld.",
  uniqueRequests: FIGURES.Unique_Item_Requests.prose,
  totalRequests: FIGURES.Total_Item_Requests.prose,
  uniqueInvestigations: FIGURES.Unique_Item_Investigations.prose,
  totalInvestigations: FIGURES.Total_Item_Investigations.prose,
  people: "Different people; null if withheld.",
  how_counted: "received = the sum of dropped + double_clicks + the sum of counted_by_purpose, in distinct event ids.",
  dropped: "Events that were not counted, by reason.",
  completeness: "How far the record can be relied on.",
  provisional: "The month was not over when it was closed.",
  absence: "Why the numbers beside it are null; null if none is.",
  peers: FURTHER_FIGURES.peer_band.prose,
  utilisation: FURTHER_FIGURES.utilisation.prose,
  cost_per_use: FURTHER_FIGURES.cost_per_use.prose,
  received_since_first_close: "Events that came since version 1 or, negative, went, as people asked.",
  not_counted: "Parts that the release that closed the month did not count: empty or null there is no zero.",
};

/**
 * The JSON Schema (draft 2020-12) of a record's JSON, with a description wherever the name alone does not say it. Made
 * from {@link RECORD}, which also stands for the TypeScript type. Pure.
 */
export function toRecordSchema(): object {
  const schema = z.toJSONSchema(RECORD, { target: "draft-2020-12" });
  return {
    ...describe(schema),
    $id: "urn:roebuck:record:2",
    title: "Record of Engagement",
    description: "One Partner's use of the website in one month. It holds no personal data.",
  };
}

/** The schema as a file: indented by two, a line break at the end. */
export function toRecordSchemaText(): string {
  return `${JSON.stringify(toRecordSchema(), null, 2)}\n`;
}

function describe(schema: object): object {
  const catalogue: Readonly<Record<string, { readonly prose: string }>> = { ...FIGURES, ...FURTHER_FIGURES };
  const toDescribed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(toDescribed);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        key === "properties" ? toProperties(inner) : toDescribed(inner),
      ]),
    );
  };
  const toProperties = (properties: object): object =>
    Object.fromEntries(
      Object.entries(properties).map(([name, inner]) => {
        const description = PROSE[name] ?? catalogue[name]?.prose;
        const described = toDescribed(inner) as object; // a property's schema is an object here, never true or false
        return [name, description === undefined ? described : { description, ...described }];
      }),
    );
  return toDescribed(schema) as object; // an object in, an object out
}
