import type { Context, Hono } from "hono";
import { z } from "zod";
import { createCredentialsReader } from "../../ingest/call.ts";
import { ANSWER_HEADERS } from "../../ingest/cors.ts";
import { toIncoming } from "../../ingest/incoming.ts";
import type { Caller, KeyGate } from "../../ingest/parts.ts";
import { isRefusal, type Refusal } from "../../ingest/problem.ts";
import { type CounterPlatform, type CounterReportId, ROEBUCK_PLATFORM } from "../../reporting/counter.ts";
import { COUNTER_MONTHS_MAX, readCounterMonths, readCounterRecords } from "../../reporting/counter-records.ts";
import { toCounterAnswer } from "../../reporting/counter-request.ts";
import {
  type CounterStanding,
  refuseCounterCaller,
  toCounterMembers,
  toCounterRefusal,
  toCounterReportList,
  toCounterStatus,
} from "../../reporting/counter-service.ts";
import { type Month, parseMonth } from "../../schemas/ids.ts";
import { toOffsetMs } from "../../schemas/zone.ts";
import { parseApiKey } from "../access/api-key.ts";
import { writeAudit } from "../audit.ts";
import { toErrorFacts } from "../logger.ts";
import { toReached } from "./partners.ts";
import type { ApiService, RouteAnswer } from "./route.ts";

/** Most institutions of one list. */
const MEMBERS_MAX = 10_000;

const CALLER = {
  requestor_id: z.string().describe("The API key's id: the part between its underscores."),
  api_key: z
    .string()
    .describe("The API key. It stands in the address: give a harvester a key of its own, cut to its Partner."),
};
const CUSTOMER = { customer_id: z.string().describe("The Partner's id."), ...CALLER };
const REPORT = {
  ...CUSTOMER,
  begin_date: z.string().describe("First month, yyyy-mm or yyyy-mm-dd."),
  end_date: z.string().describe("Last month, yyyy-mm or yyyy-mm-dd."),
  platform: z.string().optional().describe("The platform's name: there is one."),
  metric_type: z.string().optional().describe("Metric_Types with a bar between them."),
  data_type: z.string().optional().describe("Data_Types with a bar between them."),
  access_method: z.string().optional().describe("Regular, which all usage is, or TDM, of which there is none."),
  attributes_to_show: z.string().optional().describe("Access_Method, or nothing."),
  granularity: z.string().optional().describe("Month. Totals are not made."),
};
const ITEM_REPORT = {
  ...REPORT,
  item_id: z.string().optional().describe("One item, by the Proprietary id that the report has."),
};
const institution = z.object({ Proprietary: z.array(z.string()) });

/** One address of COUNTER's API, as data: it has its own paths, keys and errors. */
export interface CounterRoute {
  readonly method: "GET";
  readonly path: string;
  readonly summary: string;
  readonly prose: string;
  readonly query: z.ZodType;
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  /** Nobody has to say who they are. */
  readonly isOpen?: true;
  run(call: CounterCall): Promise<CounterResult>;
}

/** What an answer is made of. */
export interface CounterResult {
  readonly status: number;
  readonly body: object;
}

interface CounterCall {
  readonly service: ApiService;
  readonly query: URLSearchParams;
  readonly standing: CounterStanding;
  /** Whoever stands as granted. */
  readonly caller: Caller | undefined;
}

const toPlatform = ({ settings }: ApiService): CounterPlatform => ({
  ...ROEBUCK_PLATFORM,
  name: settings.counterPlatform,
  registry: settings.counterRegistry,
});
const toAnswers = (prose: string, shape: z.ZodType): Readonly<Record<number, RouteAnswer>> => ({
  200: { prose, types: { "application/json": shape } },
});

const status: CounterRoute = {
  method: "GET",
  path: "/r51/status",
  summary: "Whether the service is there",
  prose: "COUNTER 5.1. Needs no key.",
  query: z.object({}),
  answers: toAnswers(
    "It is.",
    z.array(z.object({ Description: z.string(), Service_Active: z.boolean(), Registry_Record: z.string().optional() })),
  ),
  isOpen: true,
  run: async ({ service }) => ({ status: 200, body: toCounterStatus(toPlatform(service)) }),
};

const reports: CounterRoute = {
  method: "GET",
  path: "/r51/reports",
  summary: "The reports that there are for a Partner",
  prose: "COUNTER 5.1.",
  query: z.object(CUSTOMER),
  answers: toAnswers(
    "The reports, with the first and last closed month.",
    z.array(
      z.object({
        Report_Name: z.string(),
        Report_ID: z.enum(["PR", "IR"]),
        Release: z.literal("5.1"),
        Report_Description: z.string(),
        Path: z.string(),
        First_Month_Available: z.string().optional(),
        Last_Month_Available: z.string().optional(),
      }),
    ),
  ),
  async run({ service, query, standing }) {
    const refused = refuseCounterCaller(query, Object.keys(CUSTOMER), standing);
    if (refused !== undefined) return refused;
    const months = await readCounterMonths(service.warehouse, query.get("customer_id") ?? "");
    return { status: 200, body: toCounterReportList(months) };
  },
};

const members: CounterRoute = {
  method: "GET",
  path: "/r51/members",
  summary: "The Partners whose reports the key may ask for",
  prose: "COUNTER 5.1. `customer_id` may be left out, or names one of them.",
  query: z.object({ ...CALLER, customer_id: CUSTOMER.customer_id.optional() }),
  answers: toAnswers(
    "The Partners.",
    z.array(
      z.object({ Customer_ID: z.string(), Requestor_ID: z.string(), Name: z.string(), Institution_ID: institution }),
    ),
  ),
  async run({ service, query, standing, caller }) {
    const refused = refuseCounterCaller(query, Object.keys(CALLER), standing);
    if (refused !== undefined || caller === undefined) return refused ?? toCounterRefusal("requestor_unknown");
    const customer = query.get("customer_id") ?? "";
    const only = customer === "" ? toReached({ service, caller }) : [customer];
    const rows = await service.warehouse.rows<{ id: string; name: string }>({
      sql: `SELECT id, name FROM partners FINAL WHERE {all:UInt8} OR id IN {only:Array(String)}
            ORDER BY id LIMIT {limit:UInt32}`,
      parameters: { all: only === undefined ? 1 : 0, only: only ?? [], limit: MEMBERS_MAX },
    });
    return { status: 200, body: toCounterMembers(caller.id, toPlatform(service), rows) };
  },
};

function toReportRoute(id: CounterReportId, summary: string): CounterRoute {
  return {
    method: "GET",
    path: `/r51/reports/${id.toLowerCase()}`,
    summary,
    prose: `COUNTER 5.1. At most ${COUNTER_MONTHS_MAX} months. What a record withholds is left out, and the header says so.`,
    query: z.object(id === "PR" ? REPORT : ITEM_REPORT),
    answers: toAnswers(
      "The report; what could be ignored, or is not there, stands in its header as exceptions.",
      z.looseObject({ Report_Header: z.looseObject({}), Report_Items: z.array(z.looseObject({})) }),
    ),
    async run({ service, query, standing }) {
      const customer = query.get("customer_id") ?? "";
      const nowMs = service.clock.nowMs();
      const records = standing === "granted" ? await readRecords(service, customer, query) : [];
      if (records === undefined)
        return toCounterRefusal("dates_invalid", `at most ${COUNTER_MONTHS_MAX} months go into one report`);
      const zone = service.journal().partners.get(customer)?.zone ?? service.settings.defaultZone;
      const local = new Date(nowMs + toOffsetMs(zone, nowMs)).toISOString();
      return toCounterAnswer(id, query, {
        standing,
        institution: { id: customer, name: await readName(service, customer) },
        records,
        currentMonth: local.slice(0, 7) as Month, // yyyy-mm of an instant
        created: `${new Date(nowMs).toISOString().slice(0, 19)}Z`,
        platform: toPlatform(service),
      });
    },
  };
}

async function readName({ warehouse }: ApiService, partner: string): Promise<string> {
  const [row] = await warehouse.rows<{ name: string }>({
    sql: "SELECT name FROM partners FINAL WHERE id = {partner:String}",
    parameters: { partner },
  });
  return row?.name ?? partner;
}

/** What the report of a request is made of; none where its dates are none, which the answer says. */
function readRecords(service: ApiService, partner: string, query: URLSearchParams) {
  const begin = parseMonth((query.get("begin_date") ?? "").slice(0, 7));
  const end = parseMonth((query.get("end_date") ?? "").slice(0, 7));
  if (begin === undefined || end === undefined || end < begin) return [];
  return readCounterRecords(service.warehouse, partner, { begin, end });
}

/** COUNTER's own addresses. */
export const COUNTER_ROUTES: readonly CounterRoute[] = [
  status,
  reports,
  toReportRoute("PR", "Platform Report"),
  toReportRoute("IR", "Item Report"),
  members,
];

/** How somebody stands by what the gate says of their key. Pure. */
function toStanding(verdict: Caller | Refusal, query: URLSearchParams, service: ApiService): CounterStanding | "away" {
  const requestor = query.get("requestor_id") ?? "";
  if (isRefusal(verdict)) {
    if (verdict.refused === "rate_limited") return "too_many_requests";
    if (verdict.refused === "keys_unavailable") return "away";
  }
  // The id is part of the key, so that a requestor who does not fit it is known without saying which ids there are.
  if (parseApiKey(query.get("api_key") ?? "")?.id !== requestor)
    return parseApiKey(query.get("api_key") ?? "") === undefined ? "key_invalid" : "requestor_unknown";
  if (isRefusal(verdict)) return verdict.refused === "role_forbidden" ? "not_authorised" : "key_invalid";
  const customer = query.get("customer_id") ?? "";
  if (customer === "") return "granted"; // where it is required, its absence is told first
  const isTheirs = verdict.reaches(customer) && service.journal().partners.has(customer);
  return isTheirs ? "granted" : "not_authorised";
}

/**
 * Adds COUNTER's own addresses. The key stands in the address there, as the Code wants it: nothing here writes an
 * address anywhere.
 *
 * @see COUNTER 5.1, 8
 */
export function addCounterRoutes(app: Hono, service: ApiService, gate: KeyGate): void {
  const toCredentials = createCredentialsReader(service.settings.trustedProxies);
  for (const route of COUNTER_ROUTES) {
    app.on(route.method, route.path, async (context) => {
      try {
        return await answer(context, route);
      } catch (error) {
        service.logger.error("a COUNTER report could not be made now", toErrorFacts(error));
        return toResponse(toCounterRefusal("service_unavailable"));
      }
    });
  }

  async function answer(context: Context, route: CounterRoute): Promise<Response> {
    const query = new URL(context.req.url).searchParams;
    if (route.isOpen) return toResponse(await route.run({ service, query, standing: "granted", caller: undefined }));
    const key = query.get("api_key") ?? "";
    const credentials = {
      ...toCredentials(toIncoming(context)),
      authorization: key === "" ? undefined : `Bearer ${key}`,
    };
    const verdict = await gate(credentials, "records.read");
    const standing = toStanding(verdict, query, service);
    if (standing === "away") return toResponse(toCounterRefusal("service_unavailable"));
    const caller = isRefusal(verdict) ? undefined : verdict;
    const result = await route.run({ service, query, standing, caller });
    if (caller !== undefined && result.status === 200)
      await writeAudit(service, {
        actor: caller.id,
        action: "records.read",
        subject: query.get("customer_id") ?? "",
        detail: { counter: route.path },
      });
    const retryAfter = isRefusal(verdict) ? verdict.retryAfterS : undefined;
    return toResponse(result, retryAfter);
  }
}

function toResponse({ status, body }: CounterResult, retryAfterS?: number): Response {
  const headers = { ...ANSWER_HEADERS, ...(retryAfterS === undefined ? {} : { "retry-after": String(retryAfterS) }) };
  return new Response(JSON.stringify(body), { status, headers });
}
