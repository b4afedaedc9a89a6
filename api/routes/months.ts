import { z } from "zod";
import type { Refusal } from "../../ingest/problem.ts";
import { closeMonth } from "../../reporting/close.ts";
import { CloseRefused } from "../../reporting/close-plan.ts";
import { parseMonth } from "../../schemas/ids.ts";
import { writeAudit } from "../audit.ts";
import { toRemark } from "../remark.ts";
import { MONTH } from "./month.ts";
import { toReached } from "./partners.ts";
import { type ApiRoute, toAnswers, toRoute, UNSTOPPED } from "./route.ts";

const CLOSED = z.object({
  month: MONTH,
  provisional: z.boolean().describe("The month is not over everywhere: what comes later makes the next version."),
  partners: z.array(
    z.object({
      partner: z.string(),
      version: z.number().int(),
      changed: z.boolean().describe("False: nothing has changed since that version."),
    }),
  ),
});

const close = toRoute(
  {
    method: "POST",
    path: "/v1/months/:month/close",
    action: "months.close",
    summary: "Count a month for the Partners that the key reaches, or for some of them, and freeze it",
    prose:
      "Everything that was acknowledged before is counted. Closing again changes nothing unless something has changed. The answer comes when it is done.",
    body: z.strictObject({
      partners: z.array(z.string().max(60)).min(1).max(1_000).optional().describe("Only these Partners."),
      reason: z
        .string()
        .trim()
        .min(1)
        .max(200)
        .optional()
        .describe("Why a closed month is counted again; printed on the next version."),
    }),
    answers: toAnswers("The month is closed.", CLOSED),
    refuses: ["not_found", "partner_forbidden", "partner_unknown", "close_refused"],
  },
  async (call) => {
    const { service, caller, body, param } = call;
    const month = parseMonth(param("month"));
    if (month === undefined) return { refused: "not_found" };
    const known = service.journal().partners;
    for (const id of body.partners ?? []) {
      if (!caller.reaches(id)) return { refused: "partner_forbidden" };
      if (!known.has(id)) return { refused: "partner_unknown" };
    }
    const partners = body.partners ?? toReached(call);
    await writeAudit(service, { actor: caller.id, action: "close", subject: month });
    await service.drain(UNSTOPPED);
    const options = {
      ...(partners === undefined ? {} : { partners }),
      ...(body.reason === undefined ? {} : { reason: toRemark(body.reason) }),
    };
    try {
      const report = await closeMonth(service, month, options);
      const closed = report.partners.map(({ partner, version, changed }) => ({ partner, version, changed }));
      return { month, provisional: report.provisional, partners: closed };
    } catch (error) {
      if (error instanceof CloseRefused) return { refused: "close_refused" } satisfies Refusal;
      throw error;
    }
  },
);

/** What is done to a month. */
export const MONTH_ROUTES: readonly ApiRoute[] = [close];
