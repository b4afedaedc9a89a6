import { createHash } from "node:crypto";
import type { z } from "zod";
import type { FrozenFigures, PeerBand, RecordPartner } from "../schemas/record.ts";
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
  if (now.success) return now.data as FrozenBody; // optional keys of `dropped` are absent, never undefined, in JSON
  const earlier = FROZEN_BODY_1.safeParse(value);
  if (earlier.success) return toLaterBody(earlier.data);
  const { error } = isOfVersion(value, 2) ? now : earlier;
  throw new Error(
    `Cannot read a frozen record: ${error.issues[0]?.path.join(".")} must be as this release writes it; restore the records from a backup`,
  );
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
 * A fingerprint (SHA-256, hex) of everything that was counted. Titles, the Partner's own details and what other
 * Partners did are not in it: a page that is renamed, or seats that are corrected, change no closed month.
 *
 * @param v only what bodies of that version hold, so that a month does not change because a later release counts more
 */
export function toFingerprint(body: FrozenBody, v: FrozenBody["v"] = body.v): string {
  const { figures, top_resources, by_kind, top_pages, weekday_hours, days, how_counted, people_min } = body;
  const { events_attended, ...earlier } = figures;
  const first = {
    people_min,
    partner: { id: body.partner.id, zone: body.partner.zone },
    figures: earlier,
    top_resources: untitled(top_resources),
    by_kind: untitled(by_kind),
    top_pages: untitled(top_pages),
    weekday_hours,
    days,
    how_counted,
  };
  const { by_topic, departments, searches, events, newcomers, engaged, feedback } = body;
  const later = {
    events_attended,
    by_topic: untitled(by_topic),
    departments: untitled(departments),
    searches,
    events: untitled(events),
    newcomers,
    engaged,
    feedback,
  };
  return createHash("sha256")
    .update(toCanonicalText(v === 1 ? first : { ...first, ...later }))
    .digest("hex");
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
