import { z } from "zod";
import { ANSWER_HEADERS } from "../../ingest/cors.ts";
import type { Refusal } from "../../ingest/problem.ts";
import { toEpochMs } from "../../schemas/ids.ts";
import { RightsRefused } from "../rights/refusal.ts";
import { REQUEST_KINDS, type RequestKind } from "../rights/request-clock.ts";
import {
  isOverdue,
  listRequests,
  openRequest,
  type RequestStep,
  type RightsRequest,
  readRequest,
  stepRequest,
} from "../rights/requests.ts";
import { ACCOUNT_FIELDS, isWhole, WHOLE } from "./account.ts";
import { PAGE_QUERY, toPage, toPageShape } from "./page.ts";
import { type ApiRoute, type Call, NO_BODY, refusePartner, toAnswers, toRoute } from "./route.ts";

const FORM = /^R-\d{4}-[2-9a-hjkmnp-z]{6}$/;
/** A request's id in a body. */
export const REQUEST_ID = z.string().regex(FORM, { error: "must be a request's id, such as R-2026-7kq2mx" });
const REASON = z.string().trim().min(1).max(500);
const KINDS = Object.keys(REQUEST_KINDS) as [RequestKind, ...RequestKind[]]; // keys of a constant object

/** A request that the caller reaches. One of another Partner is unknown to them, and so is what is no id at all. */
export async function readReached(
  { service, caller }: Pick<Call<unknown>, "service" | "caller">,
  id: string,
): Promise<RightsRequest | Refusal> {
  if (!FORM.test(id)) return { refused: "request_unknown" };
  try {
    const found = await readRequest(service, id);
    return caller.reaches(found.partner) ? found : { refused: "request_unknown" };
  } catch (error) {
    if (error instanceof RightsRefused) return { refused: "request_unknown" };
    throw error;
  }
}

const instant = z.iso.datetime();
const REQUEST = z.object({
  id: z.string(),
  kind: z.enum(KINDS),
  acct: z.string(),
  partner: z.string(),
  state: z.string(),
  overdue: z.boolean(),
  verbal: z.boolean(),
  received: instant.nullable(),
  due: instant.nullable(),
  extended: instant.nullable(),
  acknowledged: instant.nullable(),
  stopped: instant.nullable(),
  closed: instant.nullable(),
  opened_by: z.string(),
  note: z.string(),
  certificate: z.looseObject({}).nullable().describe("What was done, once it is."),
});

function toShown(request: RightsRequest, nowMs: number): object {
  const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());
  const { id, kind, acct, partner, state, verbal, note, certificate } = request;
  return {
    id,
    kind,
    acct,
    partner,
    state,
    overdue: isOverdue(request, toEpochMs(nowMs)),
    verbal,
    received: time(request.openedMs),
    due: time(request.dueMs),
    extended: time(request.extendedMs),
    acknowledged: time(request.acknowledgedMs),
    stopped: time(request.stoppedMs),
    closed: time(request.closedMs),
    opened_by: request.openedBy,
    note,
    certificate: certificate === "" ? null : JSON.parse(certificate),
  };
}

const list = toRoute(
  {
    method: "GET",
    path: "/v1/requests",
    action: "requests.read",
    summary: "People's requests, those that wait for an answer first",
    query: PAGE_QUERY.extend({
      all: z.enum(["true", "false"]).default("false").describe("Also those that are closed."),
    }),
    answers: toAnswers("A page of requests.", toPageShape("requests", REQUEST)),
  },
  async ({ service, caller, query }) => {
    const all = await listRequests(service, { all: query.all === "true" });
    const nowMs = service.clock.nowMs();
    const page = toPage(
      all.filter(({ partner }) => caller.reaches(partner)),
      query,
      ({ id }) => id,
    );
    if ("refused" in page) return page;
    return { requests: page.items.map((one) => toShown(one, nowMs)), next: page.next };
  },
);

/** Nobody can have asked under the GDPR before it applied. */
const FIRST_DAY = "2018-05-25";
const OPENED = z
  .strictObject({
    ...ACCOUNT_FIELDS,
    kind: z.enum(KINDS),
    verbal: z.boolean().default(false),
    received: z.iso.date().optional(),
    note: z.string().max(500).optional(),
  })
  .refine(isWhole, WHOLE);
const open = toRoute(
  {
    method: "POST",
    path: "/v1/requests",
    action: "requests.open",
    summary: "Note that somebody has asked: the clock of one month begins",
    body: OPENED,
    answers: toAnswers("The request.", REQUEST, 201),
    refuses: ["partner_forbidden", "partner_unknown"],
  },
  async (call) => {
    const { service, caller, body } = call;
    const { acct, partner = "", kind, verbal, received, note = "" } = body;
    const refused = refusePartner(call, partner);
    if (refused !== undefined) return refused;
    const receivedMs = received === undefined ? undefined : toEpochMs(Date.parse(`${received}T00:00:00Z`));
    if (received !== undefined && (received < FIRST_DAY || (receivedMs ?? 0) > service.clock.nowMs()))
      return { refused: "body_invalid", detail: `received: must be a day from ${FIRST_DAY} on that has begun.` };
    const given = { kind, acct, partner, verbal, note, ...(receivedMs === undefined ? {} : { receivedMs }) };
    const request = await openRequest(service, given, caller.id);
    return Response.json(toShown(request, service.clock.nowMs()), { status: 201, headers: ANSWER_HEADERS });
  },
);

const show = toRoute(
  {
    method: "GET",
    path: "/v1/requests/:id",
    action: "requests.read",
    summary: "One request, with its certificate",
    answers: toAnswers("The request.", REQUEST),
    refuses: ["request_unknown"],
  },
  async (call) => {
    const found = await readReached(call, call.param("id"));
    return "refused" in found ? found : toShown(found, call.service.clock.nowMs());
  },
);

const STEPS: Readonly<Record<RequestStep["kind"], string>> = {
  stop: "Stop the clock until the person has said what is needed",
  resume: "Let the clock go on",
  extend: "Extend the time by two months",
  acknowledge: "Note that the person was told that the request is here",
  close: "Close a request as done or refused",
};

function toStepRoute<Body>(
  kind: RequestStep["kind"],
  shape: z.ZodType<Body>,
  toStep: (body: Body) => RequestStep,
): ApiRoute {
  return toRoute(
    {
      method: "POST",
      path: `/v1/requests/:id/${kind}`,
      action: "requests.step",
      summary: STEPS[kind],
      body: shape,
      answers: toAnswers("The request as it stands now.", REQUEST),
      refuses: ["request_unknown", "request_closed"],
    },
    async (call) => {
      const found = await readReached(call, call.param("id"));
      if ("refused" in found) return found;
      const next = await stepRequest(call.service, found.id, toStep(call.body), call.caller.id);
      return toShown(next, call.service.clock.nowMs());
    },
  );
}

const WITH_REASON = z.strictObject({ reason: REASON });
const CLOSED = z
  .strictObject({ state: z.enum(["done", "refused"]).default("done"), reason: z.string().trim().max(500).default("") })
  .refine(({ state, reason }) => state === "done" || reason !== "", {
    error: "must say why it is refused (GDPR Art. 12(4))",
    path: ["reason"],
  });

/** People's requests and their clock. */
export const REQUEST_ROUTES: readonly ApiRoute[] = [
  list,
  open,
  show,
  toStepRoute("stop", WITH_REASON, ({ reason }) => ({ kind: "stop", reason })),
  toStepRoute("resume", NO_BODY, () => ({ kind: "resume" })),
  toStepRoute("extend", WITH_REASON, ({ reason }) => ({ kind: "extend", reason })),
  toStepRoute("acknowledge", NO_BODY, () => ({ kind: "acknowledge" })),
  toStepRoute("close", CLOSED, ({ state, reason }) => ({ kind: "close", state, reason })),
];
