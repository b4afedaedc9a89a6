import { z } from "zod";
import { ANSWER_HEADERS } from "../../ingest/cors.ts";
import type { LegalHold } from "../../schemas/journal.ts";
import { INSTRUCTION_SCOPES } from "../../schemas/journal.ts";
import { releaseHold, setHold } from "../clocks/holds.ts";
import { listInstructions, setInstruction } from "../rights/instructions.ts";
import { PARTNER_ID } from "./account.ts";
import { type ApiRoute, type Call, NO_BODY, refusePartner, toRoute } from "./route.ts";

const PATH = "/v1/partners/:partner/instructions";
const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());

function listOf({ service }: Pick<Call<unknown>, "service">, partner: string): readonly object[] {
  return listInstructions(service, partner).map(({ scope, reference, sinceMs }) => ({
    partner,
    scope,
    reference,
    since: time(sinceMs),
  }));
}

const list = toRoute("GET", PATH, "instruction.read", NO_BODY, async (call) => {
  const partner = call.param("partner");
  return refusePartner(call, partner) ?? { instructions: listOf(call, partner) };
});

function toScopeRoute<Body>(
  method: "GET" | "PUT" | "DELETE",
  shape: z.ZodType<Body>,
  act: (call: Call<Body>, partner: string, scope: (typeof INSTRUCTION_SCOPES)[number]) => Promise<object>,
): ApiRoute {
  const action = { GET: "instruction.read", PUT: "instruction.set", DELETE: "instruction.revoke" } as const;
  return toRoute(method, `${PATH}/:scope`, action[method], shape, async (call) => {
    const partner = call.param("partner");
    const refused = refusePartner(call, partner);
    if (refused !== undefined) return refused;
    const scope = INSTRUCTION_SCOPES.find((known) => known === call.param("scope"));
    return scope === undefined ? { refused: "not_found" } : act(call, partner, scope);
  });
}

const show = toScopeRoute("GET", NO_BODY, async (call, partner, scope) => {
  const [found] = listOf(call, partner).filter((one) => "scope" in one && one.scope === scope);
  return found ?? { refused: "not_found" };
});
const put = toScopeRoute(
  "PUT",
  z.strictObject({ reference: z.string().trim().min(1).max(200) }),
  async (call, partner, scope) => {
    await setInstruction(call.service, { partner, scope, on: true, reference: call.body.reference }, call.caller.id);
    return { partner, scope, reference: call.body.reference };
  },
);
const revoke = toScopeRoute(
  "DELETE",
  z.strictObject({ reference: z.string().trim().max(200).default("") }),
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

const holds = toRoute("GET", "/v1/holds", "hold.read", NO_BODY, async (call) => ({
  holds: [...call.service.journal().holds.values()].filter((hold) => reachesHold(call, hold)).map(toShownHold),
}));
const HOLD = z.strictObject({ partner: PARTNER_ID.optional(), reference: z.string().trim().min(1).max(120) });
const hold = toRoute("POST", "/v1/holds", "hold.set", HOLD, async (call) => {
  const { partner, reference } = call.body;
  if (partner === undefined && call.caller.isLimited) return { refused: "partner_forbidden" };
  const refused = partner === undefined ? undefined : refusePartner(call, partner);
  if (refused !== undefined) return refused;
  const set = await setHold(call.service, { reference, ...(partner === undefined ? {} : { partner }) }, call.caller.id);
  return Response.json(toShownHold(set), { status: 201, headers: ANSWER_HEADERS });
});
const release = toRoute("DELETE", "/v1/holds/:id", "hold.release", NO_BODY, async (call) => {
  const found = call.service.journal().holds.get(call.param("id"));
  if (found === undefined || !reachesHold(call, found)) return { refused: "hold_unknown" };
  return { ...toShownHold(await releaseHold(call.service, found.id, call.caller.id)), released: true };
});

/** What is on file: Partners' instructions and legal holds. */
export const FILE_ROUTES: readonly ApiRoute[] = [list, show, put, revoke, holds, hold, release];
