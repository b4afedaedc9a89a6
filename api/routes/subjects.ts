import { z } from "zod";
import { ANSWER_HEADERS } from "../../ingest/cors.ts";
import type { Refusal } from "../../ingest/problem.ts";
import { PURPOSES } from "../../schemas/event.ts";
import { CONSENT_PURPOSES } from "../../schemas/journal.ts";
import type { RightsAsked } from "../rights/act.ts";
import { objectForPeople, restrictPeople } from "../rights/choices.ts";
import { erasePeople } from "../rights/erase.ts";
import { exportPerson, toChoicesJson, toExport } from "../rights/export.ts";
import { lookUpPeople } from "../rights/lookup.ts";
import { rectifyPeople } from "../rights/rectify.ts";
import { ACCOUNT_FIELDS, type BodyAccount, isWhole, PARTNER_ID, WHOLE } from "./account.ts";
import { REQUEST_ID, readReached } from "./requests.ts";
import { type ApiRoute, type Call, refusePartner, toAnswers, toRoute, UNSTOPPED } from "./route.ts";

/** Most people of one call. */
const PEOPLE_MAX = 1_000;
const sub = z.string().min(1).max(255);
const about = { ...ACCOUNT_FIELDS, request: REQUEST_ID.optional(), verbal: z.boolean().optional() };
const people = { ...about, subs: z.array(sub).min(1).max(PEOPLE_MAX) };

type Asked = BodyAccount & { request?: string | undefined; verbal?: boolean | undefined };

/** Whom a call is about, if the caller reaches them and the request that it names. */
async function toAsked(call: Call<Asked>, subs: readonly string[]): Promise<RightsAsked | Refusal> {
  const { acct, partner = "", request, verbal } = call.body;
  const refused = refusePartner(call, partner);
  if (refused !== undefined) return refused;
  if (request !== undefined) {
    const found = await readReached(call, request);
    if ("refused" in found) return found;
  }
  const asked = { people: { acct, partner, subs: [...new Set(subs)] }, verbal: verbal === true };
  return request === undefined ? asked : { ...asked, request };
}

/** What any of these may be refused for. */
const REFUSES = [
  "partner_forbidden",
  "partner_unknown",
  "no_instruction",
  "salt_missing",
  "request_unknown",
  "request_closed",
  "request_other_partner",
  "not_possible",
] as const;
const REPORT = z.looseObject({
  request: z.string().describe("The request that it is noted under."),
  people: z.number().int(),
});

interface PeopleWords<Body> {
  readonly name: string;
  readonly action: ApiRoute["action"];
  readonly summary: string;
  readonly body: z.ZodType<Body>;
  readonly answer?: z.ZodType;
}

function toPeopleRoute<Body extends Asked & { subs: string[] }>(
  { name, answer = REPORT, ...words }: PeopleWords<Body>,
  act: (call: Call<Body>, asked: RightsAsked) => Promise<object | Refusal>,
): ApiRoute {
  return toRoute(
    {
      ...words,
      method: "POST",
      path: `/v1/subjects/${name}`,
      answers: toAnswers("What was done, or is held.", answer),
      refuses: words.action === "subject.erase" ? [...REFUSES, "legal_hold", "consent_in_force"] : REFUSES,
    },
    async (call) => {
      const asked = await toAsked(call, call.body.subs);
      return "refused" in asked ? asked : act(call, asked);
    },
  );
}

const PEOPLE = z.strictObject(people).refine(isWhole, WHOLE);
const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());

const HELD = z.object({
  request: z.string(),
  people: z
    .array(
      z.object({
        tables: z.array(
          z.object({ table: z.string(), rows: z.number().int(), first_day: z.string(), last_day: z.string() }),
        ),
        choices: z.looseObject({}).nullable(),
      }),
    )
    .describe("In the order of the user ids that were sent."),
});
const lookup = toPeopleRoute(
  { name: "lookup", action: "subject.lookup", summary: "See what is held about people", body: PEOPLE, answer: HELD },
  async ({ service, caller }, asked) => {
    const report = await lookUpPeople(service, asked, caller.id, UNSTOPPED);
    const found = report.people.map(({ tables, choices }) => ({
      tables: tables.map(({ table, rows, firstDay, lastDay }) => ({
        table,
        rows,
        first_day: firstDay,
        last_day: lastDay,
      })),
      choices: choices === undefined ? null : toChoicesJson(choices, time),
    }));
    return { request: report.request, people: found };
  },
);

const ONE = z.strictObject({ ...about, sub }).refine(isWhole, WHOLE);
const exporting = toRoute(
  {
    method: "POST",
    path: "/v1/subjects/export",
    action: "subject.export",
    summary: "Take out everything that is held about one person",
    prose: "Without `format` the Accept header decides.",
    body: ONE,
    query: z.strictObject({ format: z.enum(["json", "csv"]).optional() }),
    answers: {
      200: { prose: "The export, as a file.", types: { "application/json": z.looseObject({}), "text/csv": "text" } },
    },
    refuses: REFUSES,
  },
  async (call) => {
    const asked = await toAsked(call, [call.body.sub]);
    if ("refused" in asked) return asked;
    const wanted = call.query.format ?? (/\btext\/csv\b/.test(call.accept) ? "csv" : "json");
    const data = await exportPerson(call.service, asked, call.caller.id, UNSTOPPED);
    const type = wanted === "csv" ? "text/csv; charset=utf-8" : "application/json";
    const name = `attachment; filename="${data.request.id}.${wanted}"`;
    const headers = { ...ANSWER_HEADERS, "content-type": type, "content-disposition": name };
    return new Response(Buffer.from(toExport(data, wanted)), { headers });
  },
);

const resource = z.strictObject({ from: z.string().min(1).max(200), to: z.string().min(1).max(200) });
const CORRECTION = z
  .strictObject({
    ...people,
    dept: z.string().max(120).optional(),
    move_to: PARTNER_ID.optional(),
    resource: resource.optional(),
  })
  .refine(isWhole, WHOLE)
  .refine((body) => body.dept !== undefined || body.move_to !== undefined || body.resource !== undefined, {
    error: "dept, move_to or resource must be given",
  });
const rectify = toPeopleRoute(
  { name: "rectify", action: "subject.rectify", summary: "Correct what is stored about people", body: CORRECTION },
  async (call, asked) => {
    const { dept, move_to: moveTo, resource: change } = call.body;
    const refused = moveTo === undefined ? undefined : refusePartner(call, moveTo);
    if (refused !== undefined) return refused;
    const correction = {
      ...(dept === undefined ? {} : { dept }),
      ...(moveTo === undefined ? {} : { moveTo }),
      ...(change === undefined ? {} : { resource: change }),
    };
    return rectifyPeople(call.service, { ...asked, correction }, call.caller.id, UNSTOPPED);
  },
);

const toRestriction = (on: boolean) =>
  toPeopleRoute(
    {
      name: on ? "restrict" : "unrestrict",
      action: on ? "subject.restrict" : "subject.unrestrict",
      summary: on ? "Restrict the processing of people" : "Lift a restriction",
      body: PEOPLE,
    },
    (call, asked) => restrictPeople(call.service, { ...asked, on }, call.caller.id, UNSTOPPED),
  );

const OBJECTION = z
  .strictObject({ ...people, purpose: z.enum(PURPOSES), on: z.boolean().default(true) })
  .refine(isWhole, WHOLE);
const object = toPeopleRoute(
  { name: "object", action: "subject.object", summary: "Note an objection, or that it is taken back", body: OBJECTION },
  (call, asked) =>
    objectForPeople(call.service, { ...asked, purpose: call.body.purpose, on: call.body.on }, call.caller.id),
);

const ERASURE = z
  .strictObject({
    ...people,
    purpose: z.enum(CONSENT_PURPOSES).optional().describe("Remove only what was collected by this consent."),
    withdraw: z.boolean().optional().describe("The person withdraws that consent by the same request."),
  })
  .refine(isWhole, WHOLE)
  .refine((body) => body.withdraw !== true || body.purpose !== undefined, { error: "withdraw goes with purpose" });
const erase = toPeopleRoute(
  { name: "erase", action: "subject.erase", summary: "Erase people; the answer is the certificate", body: ERASURE },
  (call, asked) => {
    const { purpose, withdraw = false } = call.body;
    const removal = purpose === undefined ? {} : { removal: { purpose, withdraw } };
    return erasePeople(call.service, { ...asked, ...removal }, call.caller.id, UNSTOPPED);
  },
);

/** What people may ask for. User ids stand in bodies only. */
export const SUBJECT_ROUTES: readonly ApiRoute[] = [
  lookup,
  exporting,
  rectify,
  toRestriction(true),
  toRestriction(false),
  object,
  erase,
];
