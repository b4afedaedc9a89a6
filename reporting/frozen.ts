import { createHash } from "node:crypto";
import { z } from "zod";
import { FIGURE_NAMES, type FigureName } from "../schemas/figures.ts";
import type { FrozenFigures, RecordPartner } from "../schemas/record.ts";
import { DROP_REASON_NAMES, type DropReason } from "../schemas/verdict.ts";

const count = z.number().int().min(0);
const cell = count.nullable();
const text = z.string();

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

/** The `body` of a row of `records`: what is frozen at close. Version 1. */
const FROZEN_BODY = z.object({
  v: z.literal(1),
  partner: z.object({
    id: text,
    name: text,
    group: text,
    seats: count.nullable(),
    zone: text,
    contract_start: text.nullable(),
    contract_end: text.nullable(),
  }),
  people_min: count,
  figures,
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

/** What one version of a record freezes: figures, the Partner as it stood, and the threshold that was applied. No personal data. */
export interface FrozenBody extends FrozenFigures {
  readonly v: 1;
  readonly partner: RecordPartner;
  readonly people_min: number;
}

/** The body as it is stored: JSON with keys in alphabetical order, so that equal bodies are equal texts. */
export function toBodyText(body: FrozenBody): string {
  return toCanonicalText(body);
}

/** Reads a stored body. Throws if it is none of ours: then the store was changed by another hand. */
export function parseBody(stored: string): FrozenBody {
  const parsed = FROZEN_BODY.safeParse(JSON.parse(stored));
  if (parsed.success) return parsed.data as FrozenBody; // optional keys of `dropped` are absent, never undefined, in JSON
  throw new Error(
    `Cannot read a frozen record: ${parsed.error.issues[0]?.path.join(".")} must be as this release writes it; restore the records from a backup`,
  );
}

/**
 * A fingerprint (SHA-256, hex) of everything that was counted. Titles and the Partner's own details are not in it:
 * a page that is renamed, or seats that are corrected, change no closed month.
 */
export function toFingerprint(body: FrozenBody): string {
  const untitled = <Row extends { readonly title: string }>(rows: readonly Row[]) =>
    rows.map((row) => ({ ...row, title: "" }));
  const counted = {
    ...body,
    partner: { id: body.partner.id, zone: body.partner.zone },
    top_resources: untitled(body.top_resources),
    by_kind: untitled(body.by_kind),
    top_pages: untitled(body.top_pages),
  };
  return createHash("sha256").update(toCanonicalText(counted)).digest("hex");
}

function toCanonicalText(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
