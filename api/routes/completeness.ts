import { z } from "zod";
import { FROZEN_BODY_2 } from "../../reporting/frozen-schema.ts";
import { readCompleteness } from "../../reporting/records-page.ts";
import { MONTH, toMonth } from "./month.ts";
import { PAGE_QUERY, toPage, toPageShape } from "./page.ts";
import { type ApiRoute, toAnswers, toRoute } from "./route.ts";

const { completeness, how_counted } = FROZEN_BODY_2.shape;
const ENTRY = z.object({
  partner: z.string(),
  version: z.number().int().nullable().describe("null: the month is not closed for that Partner."),
  closed_at: z.iso.datetime().nullable(),
  completeness: completeness.nullable(),
  how_counted: how_counted.nullable().describe("received = dropped + double_clicks + counted, in distinct event ids."),
});

const read = toRoute(
  {
    method: "GET",
    path: "/v1/completeness",
    action: "completeness.read",
    summary: "How complete a month is, for each Partner that the key reaches, by id",
    query: PAGE_QUERY.extend({ month: MONTH }),
    answers: toAnswers("A page of Partners, those without a record too.", toPageShape("completeness", ENTRY)),
    isTagged: true,
  },
  async ({ service, caller, query }) => {
    const ids = [...service.journal().partners.keys()].filter((id) => caller.reaches(id)).sort();
    const page = toPage(ids, query, (id) => id);
    if ("refused" in page) return page;
    const complete = await readCompleteness(service.warehouse, toMonth(query.month), page.items);
    const seen = complete.filter((one) => caller.may("records.early") || one.completeness?.provisional !== true);
    const found = new Map(seen.map((one) => [one.partner, one]));
    const none = { version: null, closed_at: null, completeness: null, how_counted: null };
    return {
      completeness: page.items.map((partner) => ({ partner, ...none, ...found.get(partner) })),
      next: page.next,
    };
  },
);

/** How far closed months can be relied on. */
export const COMPLETENESS_ROUTES: readonly ApiRoute[] = [read];
