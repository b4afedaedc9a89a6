import { z } from "zod";
import type { FrozenFigures, PageRow, PeerBand, RecordPartner, UseRow } from "../schemas/record.ts";
import { FROZEN_BODY_1, FROZEN_BODY_2 } from "./frozen-schema.ts";

/** What one version of a record freezes: figures, the Partner as it stood, and the threshold that was applied. No personal data. */
export interface FrozenBody extends FrozenFigures {
  /** Which release froze it: 1 did not count {@link LATER}. */
  readonly v: 1 | 2;
  readonly partner: RecordPartner;
  readonly people_min: number;
  readonly peers: readonly PeerBand[];
}

/** What a body of version 1 does not have: nothing is known, and nothing is made up. */
export const LATER = {
  by_topic: [],
  departments: [],
  searches: [],
  events: [],
  newcomers: { new_people: null, returning_people: null, absence: "not_counted" },
  engaged: { engaged_ms: null, engaged_people: null, agreed_people: null, absence: "not_counted" },
  feedback: { responses: 0, average: null, absence: "not_counted" },
  completeness: {
    provisional: false,
    days_with_data: null,
    silent_days: [],
    late_hours_max: null,
    attended_minutes_min: null,
  },
  peers: [],
} as const satisfies Partial<FrozenBody>;

/** The first release did not count attended events. */
const FIGURES_ALONE = z.object({
  figures: FROZEN_BODY_2.shape.figures.extend({ events_attended: z.number().int().min(0).default(0) }),
});

/** The body as it is stored: JSON with keys in alphabetical order, so that equal bodies are equal texts. */
export function toBodyText(body: FrozenBody): string {
  return toCanonicalText(body);
}

/**
 * Reads a stored body of any release; what an earlier one did not count is empty or `null`. Throws if it is none of
 * ours: then the store was changed by another hand.
 */
export function parseBody(stored: string): FrozenBody {
  const value: unknown = JSON.parse(stored);
  const now = FROZEN_BODY_2.safeParse(value);
  if (now.success) return toMended(now.data as FrozenBody); // optional keys of `dropped` are absent, never undefined, in JSON
  const earlier = FROZEN_BODY_1.safeParse(value);
  if (earlier.success) return toLaterBody(earlier.data);
  const { error } = isOfVersion(value, 2) ? now : earlier;
  throw new Error(
    `Cannot read a frozen record: ${error.issues[0]?.path.join(".")} must be as this release writes it; restore the records from a backup`,
  );
}

/** What earlier builds wrote otherwise and means the same: searched terms in no order, no answers as if they were withheld. */
function toMended(body: FrozenBody): FrozenBody {
  const { searches, feedback } = body;
  return {
    ...body,
    // As the query sorts them, by the bytes of the term.
    searches: searches.toSorted(
      (a, b) => b.searches - a.searches || Buffer.compare(Buffer.from(a.term), Buffer.from(b.term)),
    ),
    feedback:
      feedback.responses === 0 && feedback.absence === "withheld" ? { ...feedback, absence: "none_given" } : feedback,
  };
}

/** The figures of a stored body of any release, whether or not the rest of it is there. Throws if they are none of ours. */
export function parseFigures(stored: string): FrozenBody["figures"] {
  const { figures } = FIGURES_ALONE.parse(JSON.parse(stored));
  return figures;
}

function isOfVersion(value: unknown, version: number): boolean {
  return typeof value === "object" && value !== null && "v" in value && value.v === version;
}

function toLaterBody(earlier: z.infer<typeof FROZEN_BODY_1>): FrozenBody {
  return {
    ...LATER,
    ...earlier,
    partner: { ...earlier.partner, fee: null, currency: "" },
    figures: { ...earlier.figures, events_attended: 0 },
  } as FrozenBody; // optional keys of `dropped` are absent, never undefined, in JSON
}

/**
 * Whether two bodies of a month differ in anything that was counted. Titles, the Partner's own details and what other
 * Partners did are no difference: a page that is renamed, or seats that are corrected, change no closed month. Pure.
 *
 * A body of an earlier release is compared by what it counted, so that a month does not change because a later release
 * counts more or withholds by finer rules: totals and trail, and those cells of its tables that both show.
 */
export function hasChanged(last: FrozenBody, body: FrozenBody): boolean {
  if (last.v === body.v) return toComparable(last) !== toComparable(body);
  return (
    toTotals(last) !== toTotals(body) || EARLIER_TABLES.some((table) => isAnySharedDifferent(last[table], body[table]))
  );
}

/** The tables of the first release. */
const EARLIER_TABLES = ["top_resources", "by_kind", "top_pages"] as const;

function toComparable(body: FrozenBody): string {
  const { people_min, partner, figures, completeness, weekday_hours, days, how_counted } = body;
  const { searches, newcomers, engaged, feedback } = body;
  return toCanonicalText({
    ...{ people_min, figures, weekday_hours, days, how_counted, searches, newcomers, engaged, feedback },
    partner: { id: partner.id, zone: partner.zone },
    // What was made before the month was over is not to be handed out: the whole month is another version.
    provisional: completeness.provisional,
    top_resources: untitled(body.top_resources),
    by_kind: untitled(body.by_kind),
    by_topic: untitled(body.by_topic),
    top_pages: untitled(body.top_pages),
    departments: untitled(body.departments),
    events: untitled(body.events),
  });
}

/** Attended events are new, and in the trail wherever there are any. */
function toTotals({ figures: { events_attended: _, ...figures }, partner, how_counted }: FrozenBody): string {
  return toCanonicalText({ figures, how_counted, id: partner.id, zone: partner.zone });
}

/** Whether a row that both tables have, both shown, differs. A table is cut at 20 rows, so a row may stand in one alone. */
function isAnySharedDifferent(last: readonly (UseRow | PageRow)[], rows: readonly (UseRow | PageRow)[]): boolean {
  const byId = new Map(rows.map((row) => [toId(row), row]));
  return last.some((before) => {
    const row = byId.get(toId(before));
    if (row === undefined || row.people === null || before.people === null) return false;
    return toCanonicalText(untitled([row])) !== toCanonicalText(untitled([before]));
  });
}

function toId(row: UseRow | PageRow): string {
  return "id" in row ? row.id : row.path;
}

function untitled<Row extends { readonly title: string }>(rows: readonly Row[]) {
  return rows.map((row) => ({ ...row, title: "" }));
}

function toCanonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
