import { z } from "zod";
import { toMonthSpan } from "../../reporting/month.ts";
import { writeAudit } from "../audit.ts";
import { readPersonRecord } from "../person-record.ts";
import { PARTNER_ID } from "./account.ts";
import { MONTH, toMonth } from "./month.ts";
import { type ApiRoute, refusePartner, toAnswers, toRoute } from "./route.ts";

const DAY_MS = 86_400_000;
const count = z.number().int().min(0);
const RECORD = z.object({
  partner: z.string(),
  month: MONTH,
  figures: z.object({
    Total_Item_Investigations: count,
    Total_Item_Requests: count,
    Unique_Item_Investigations: count,
    Unique_Item_Requests: count,
    Searches_Platform: count,
    page_views: count,
    visits: count,
    events_attended: count,
  }),
  resources: z
    .array(z.object({ id: z.string(), Total_Item_Investigations: count, Total_Item_Requests: count }))
    .describe("Most used first."),
  events: z.array(z.string()).describe("Ids of events attended long enough."),
});

const record = toRoute(
  {
    method: "POST",
    path: "/v1/people/record",
    action: "person.record",
    summary: "One person's own record of a month, by user id",
    prose:
      "Only where the Partner's instruction `named_people` is on file. Counted as the Partner's record is, from rows that are still kept. Somebody who was not here, is not known, has objected or whose processing is restricted has a record of nothing.",
    body: z.strictObject({ partner: PARTNER_ID, sub: z.string().min(1).max(255), month: MONTH }),
    answers: toAnswers("The person's record.", RECORD),
    refuses: ["partner_forbidden", "partner_unknown", "no_instruction", "salt_missing", "not_possible"],
  },
  async (call) => {
    const { service, caller, body } = call;
    const { partner, sub } = body;
    const month = toMonth(body.month);
    const refused = refusePartner(call, partner);
    if (refused !== undefined) return refused;
    const journal = service.journal();
    if (journal.instructions.get(partner)?.has("named_people") !== true) return { refused: "no_instruction" };
    if (!service.keyFiles.pseudonymKeys().salts.has(partner)) return { refused: "salt_missing" };
    const { beginMs } = toMonthSpan(month, journal.partners.get(partner)?.zone ?? service.settings.defaultZone);
    const nowMs = service.clock.nowMs();
    const keptFromMs = nowMs - (service.settings.retentionDays - 1) * DAY_MS;
    if (beginMs > nowMs || beginMs < keptFromMs)
      return { refused: "not_possible", detail: "The month must have begun, and all of its rows must still be kept." };
    // Before anything is read: what cannot be noted is not done. Never who it was about.
    await writeAudit(service, { actor: caller.id, action: "person.record", subject: partner, detail: { month } });
    return { partner, month, ...(await readPersonRecord(service, { partner, sub, month })) };
  },
);

/** What concerns one named person beside their rights. */
export const PEOPLE_ROUTES: readonly ApiRoute[] = [record];
