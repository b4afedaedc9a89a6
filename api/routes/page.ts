import { z } from "zod";
import type { Refusal } from "../../ingest/problem.ts";

/** Parameters of every list that may be long. */
export const PAGE_QUERY = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(100).describe("Most entries of one answer."),
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,400}$/)
    .optional()
    .describe("`next` of the answer before: where to go on."),
});
/** What a caller has asked of a list. */
export type PageAsked = z.infer<typeof PAGE_QUERY>;

/** A bad cursor is an outcome, not an error. */
export const CURSOR_REFUSED: Refusal = {
  refused: "query_invalid",
  detail: "cursor: must be `next` of an earlier answer from this address.",
};

/** The shape of an answer with a page of a list. */
export function toPageShape(name: string, item: z.ZodType): z.ZodType {
  return z.object({
    [name]: z.array(item),
    next: z.string().nullable().describe("Send it as `cursor` for what follows; null at the end."),
  });
}

/** Where a list goes on, as text that says nothing to a caller. */
export function toCursor(place: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** Reads a cursor by its shape; `undefined` if it is none of ours. Pure. */
export function parseCursor<Place>(cursor: string, shape: z.ZodType<Place>): Place | undefined {
  try {
    return shape.safeParse(JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

/**
 * Cuts a page from a list that is in memory and in a fixed order. Pure.
 *
 * @param toId an entry's own id: the page after it begins with the entry that follows
 */
export function toPage<Item>(
  all: readonly Item[],
  { limit, cursor }: PageAsked,
  toId: (item: Item) => string,
): { readonly items: readonly Item[]; readonly next: string | null } | Refusal {
  let from = 0;
  if (cursor !== undefined) {
    const place = parseCursor(cursor, z.tuple([z.string(), z.number().int().min(1)]));
    if (place === undefined) return CURSOR_REFUSED;
    const found = all.findIndex((item) => toId(item) === place[0]);
    // The last entry of the page before may have left the list; what followed it has moved up by one.
    from = found >= 0 ? found + 1 : place[1] - 1;
  }
  const items = all.slice(from, from + limit);
  const last = items.at(-1);
  const isMore = last !== undefined && from + limit < all.length;
  return { items, next: isMore ? toCursor([toId(last), from + limit]) : null };
}

/** Cuts a page from rows of which one more than asked for was read: whether there is more is seen by that. Pure. */
export function cutPage<Row>(
  rows: readonly Row[],
  limit: number,
  toPlace: (last: Row, items: readonly Row[]) => readonly (string | number)[],
): { readonly items: readonly Row[]; readonly next: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, next: last !== undefined && rows.length > limit ? toCursor(toPlace(last, items)) : null };
}
