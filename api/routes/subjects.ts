import { z } from "zod";
import { ANSWER_HEADERS } from "../../ingest/cors.ts";
import type { Refusal } from "../../ingest/problem.ts";
import { PURPOSES } from "../../schemas/event.ts";
import type { RightsAsked } from "../rights/act.ts";
import { objectForPeople, restrictPeople } from "../rights/choices.ts";
import { erasePeople } from "../rights/erase.ts";
import { exportPerson, toChoicesJson, toExport } from "../rights/export.ts";
import { lookUpPeople } from "../rights/lookup.ts";
import { rectifyPeople } from "../rights/rectify.ts";
import { ACCOUNT_FIELDS, type BodyAccount, isWhole, PARTNER_ID, WHOLE } from "./account.ts";
import { REQUEST_ID, readReached } from "./requests.ts";
import { type ApiRoute, type Call, refusePartner, toRoute, UNSTOPPED } from "./route.ts";

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

function toPeopleRoute<Body extends Asked & { subs: string[] }>(
  name: string,
  action: ApiRoute["action"],
  shape: z.ZodType<Body>,
  act: (call: Call<Body>, asked: RightsAsked) => Promise<object | Refusal>,
): ApiRoute {
  return toRoute("POST", `/v1/subjects/${name}`, action, shape, async (call) => {
    const asked = await toAsked(call, call.body.subs);
    return "refused" in asked ? asked : act(call, asked);
  });
}

const PEOPLE = z.strictObject(people).refine(isWhole, WHOLE);
const time = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());

const lookup = toPeopleRoute("lookup", "subject.lookup", PEOPLE, async ({ service, caller }, asked) => {
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
});

const ONE = z.strictObject({ ...about, sub }).refine(isWhole, WHOLE);
const exporting = toRoute("POST", "/v1/subjects/export", "subject.export", ONE, async (call) => {
  const asked = await toAsked(call, [call.body.sub]);
  if ("refused" in asked) return asked;
  const wanted = call.query("format") || (/\btext\/csv\b/.test(call.accept) ? "csv" : "json");
  if (wanted !== "csv" && wanted !== "json") return { refused: "body_invalid", detail: "format: must be json or csv." };
  const data = await exportPerson(call.service, asked, call.caller.id, UNSTOPPED);
  const type = wanted === "csv" ? "text/csv; charset=utf-8" : "application/json";
  const name = `attachment; filename="${data.request.id}.${wanted}"`;
  const headers = { ...ANSWER_HEADERS, "content-type": type, "content-disposition": name };
  return new Response(Buffer.from(toExport(data, wanted)), { headers });
});

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
const rectify = toPeopleRoute("rectify", "subject.rectify", CORRECTION, async (call, asked) => {
  const { dept, move_to: moveTo, resource: change } = call.body;
  const refused = moveTo === undefined ? undefined : refusePartner(call, moveTo);
  if (refused !== undefined) return refused;
  const correction = {
    ...(dept === undefined ? {} : { dept }),
    ...(moveTo === undefined ? {} : { moveTo }),
    ...(change === undefined ? {} : { resource: change }),
  };
  return rectifyPeople(call.service, { ...asked, correction }, call.caller.id, UNSTOPPED);
});

const toRestriction = (on: boolean) =>
  toPeopleRoute(on ? "restrict" : "unrestrict", on ? "subject.restrict" : "subject.unrestrict", PEOPLE, (call, asked) =>
    restrictPeople(call.service, { ...asked, on }, call.caller.id, UNSTOPPED),
  );

const OBJECTION = z
  .strictObject({ ...people, purpose: z.enum(PURPOSES), on: z.boolean().default(true) })
  .refine(isWhole, WHOLE);
const object = toPeopleRoute("object", "subject.object", OBJECTION, (call, asked) =>
  objectForPeople(call.service, { ...asked, purpose: call.body.purpose, on: call.body.on }, call.caller.id),
);

const erase = toPeopleRoute("erase", "subject.erase", PEOPLE, (call, asked) =>
  erasePeople(call.service, asked, call.caller.id, UNSTOPPED),
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
