import { z } from "zod";
import { ANSWER_HEADERS } from "../../ingest/cors.ts";
import type { LegalHold } from "../../schemas/journal.ts";
import { INSTRUCTION_SCOPES } from "../../schemas/journal.ts";
import { releaseHold, setHold } from "../clocks/holds.ts";
import { listInstructions, setInstruction } from "../rights/instructions.ts";
import { PARTNER_ID } from "./account.ts";
import { type ApiRoute, type Call, type RouteWords, refusePartner, toAnswers, toRoute } from "./route.ts";

const PATH = "/v1/partners/:partner/instructions";
const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());

const INSTRUCTION = z.object({
  partner: z.string(),
  scope: z.enum(INSTRUCTION_SCOPES),
  reference: z.string().describe("Where the letter is filed."),
  since: z.iso.datetime().nullable(),
});

function listOf({ service }: Pick<Call<unknown>, "service">, partner: string): readonly object[] {
  return listInstructions(service, partner).map(({ scope, reference, sinceMs }) => ({
    partner,
    scope,
    reference,
    since: time(sinceMs),
  }));
}

const list = toRoute(
  {
    method: "GET",
    path: PATH,
    action: "instruction.read",
    summary: "Instructions of a Partner that are in force",
    answers: toAnswers("The instructions.", z.object({ instructions: z.array(INSTRUCTION) })),
    refuses: ["partner_forbidden", "partner_unknown"],
  },
  async (call) => {
    const partner = call.param("partner");
    return refusePartner(call, partner) ?? { instructions: listOf(call, partner) };
  },
);

function toScopeRoute<Body>(
  words: Pick<RouteWords<Body, unknown>, "summary" | "body" | "answers"> & {
    readonly method: "GET" | "PUT" | "DELETE";
  },
  act: (call: Call<Body>, partner: string, scope: (typeof INSTRUCTION_SCOPES)[number]) => Promise<object>,
): ApiRoute {
  const action = { GET: "instruction.read", PUT: "instruction.set", DELETE: "instruction.revoke" } as const;
  const about = {
    ...words,
    path: `${PATH}/:scope`,
    action: action[words.method],
    refuses: [
      "partner_forbidden",
      "partner_unknown",
      "not_found",
      ...(words.method === "DELETE" ? (["not_possible"] as const) : []),
    ],
  } as const;
  return toRoute<Body>(about, async (call) => {
    const partner = call.param("partner");
    const refused = refusePartner(call, partner);
    if (refused !== undefined) return refused;
    const scope = INSTRUCTION_SCOPES.find((known) => known === call.param("scope"));
    return scope === undefined ? { refused: "not_found" } : act(call, partner, scope);
  });
}

const show = toScopeRoute(
  { method: "GET", summary: "One instruction of a Partner", answers: toAnswers("The instruction.", INSTRUCTION) },
  async (call, partner, scope) => {
    const [found] = listOf(call, partner).filter((one) => "scope" in one && one.scope === scope);
    return found ?? { refused: "not_found" };
  },
);
const put = toScopeRoute(
  {
    method: "PUT",
    summary: "Put an instruction of a Partner on file",
    body: z.strictObject({ reference: z.string().trim().min(1).max(200) }),
    answers: toAnswers("It is on file.", INSTRUCTION.omit({ since: true })),
  },
  async (call, partner, scope) => {
    await setInstruction(call.service, { partner, scope, on: true, reference: call.body.reference }, call.caller.id);
    return { partner, scope, reference: call.body.reference };
  },
);
const revoke = toScopeRoute(
  {
    method: "DELETE",
    summary: "Take an instruction of a Partner off file",
    body: z.strictObject({ reference: z.string().trim().max(200).default("") }),
    answers: toAnswers(
      "It is off file.",
      INSTRUCTION.omit({ since: true, reference: true }).extend({ revoked: z.literal(true) }),
    ),
  },
  async (call, partner, scope) => {
    await setInstruction(call.service, { partner, scope, on: false, reference: call.body.reference }, call.caller.id);
    return { partner, scope, revoked: true };
  },
);

/** Everyone's hold is for those who reach everyone. */
const reachesHold = ({ caller }: Call<unknown>, { partner }: Pick<LegalHold, "partner">) =>
  partner === undefined ? !caller.isLimited : caller.reaches(partner);
const toShownHold = ({ id, partner, sinceMs, reference }: LegalHold) => ({
  id,
  partner: partner ?? null,
  since: time(sinceMs),
  reference,
});

const HOLD_ANSWER = z.object({
  id: z.string(),
  partner: z.string().nullable().describe("null: everyone."),
  since: z.iso.datetime().nullable(),
  reference: z.string(),
});

const holds = toRoute(
  {
    method: "GET",
    path: "/v1/holds",
    action: "hold.read",
    summary: "Legal holds that are on",
    answers: toAnswers("The holds.", z.object({ holds: z.array(HOLD_ANSWER) })),
  },
  async (call) => ({
    holds: [...call.service.journal().holds.values()].filter((hold) => reachesHold(call, hold)).map(toShownHold),
  }),
);
const HOLD = z.strictObject({ partner: PARTNER_ID.optional(), reference: z.string().trim().min(1).max(120) });
const hold = toRoute(
  {
    method: "POST",
    path: "/v1/holds",
    action: "hold.set",
    summary: "Put a legal hold on",
    body: HOLD,
    answers: toAnswers("The hold is on.", HOLD_ANSWER, 201),
    refuses: ["partner_forbidden", "partner_unknown"],
  },
  async (call) => {
    const { partner, reference } = call.body;
    if (partner === undefined && call.caller.isLimited) return { refused: "partner_forbidden" };
    const refused = partner === undefined ? undefined : refusePartner(call, partner);
    if (refused !== undefined) return refused;
    const set = await setHold(
      call.service,
      { reference, ...(partner === undefined ? {} : { partner }) },
      call.caller.id,
    );
    return Response.json(toShownHold(set), { status: 201, headers: ANSWER_HEADERS });
  },
);
const release = toRoute(
  {
    method: "DELETE",
    path: "/v1/holds/:id",
    action: "hold.release",
    summary: "Take a legal hold off",
    answers: toAnswers("The hold is off.", HOLD_ANSWER.extend({ released: z.literal(true) })),
    refuses: ["hold_unknown"],
  },
  async (call) => {
    const found = call.service.journal().holds.get(call.param("id"));
    if (found === undefined || !reachesHold(call, found)) return { refused: "hold_unknown" };
    return { ...toShownHold(await releaseHold(call.service, found.id, call.caller.id)), released: true };
  },
);

/** What is on file: Partners' instructions and legal holds. */
export const FILE_ROUTES: readonly ApiRoute[] = [list, show, put, revoke, holds, hold, release];
