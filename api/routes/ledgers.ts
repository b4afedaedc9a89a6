import { z } from "zod";
import type { Caller } from "../../ingest/parts.ts";
import type { Refusal } from "../../ingest/problem.ts";
import { CURSOR_REFUSED, cutPage, PAGE_QUERY, parseCursor, toPageShape } from "./page.ts";
import { type ApiRoute, toAnswers, toRoute } from "./route.ts";

const DAY = z.iso.date();
const DETAIL = z.record(z.string(), z.unknown()).describe("Counts and outcomes, or the certificate.");
const RUN = z.object({
  id: z.string(),
  kind: z.string(),
  subject: z.string(),
  started_at: z.iso.datetime(),
  ended_at: z.iso.datetime(),
  outcome: z.string(),
  detail: DETAIL,
});
const ENTRY = z.object({
  at: z.iso.datetime(),
  actor: z.string(),
  action: z.string(),
  subject: z.string(),
  detail: DETAIL,
});

/** A ledger is of the whole installation: a key of some Partners sees nothing of it. */
const refuseLimited = ({ isLimited }: Caller): Refusal | undefined =>
  isLimited ? { refused: "partner_forbidden" } : undefined;

/** An instant in a ledger's page, and how many entries of that very instant went before. */
const PLACE = z.tuple([z.number().int(), z.number().int().min(0)]);

/** Where the next page of a ledger begins: entries of one instant are told apart by their number. Pure. */
function toPlace(
  items: readonly { readonly at_ms: string }[],
  last: { readonly at_ms: string },
  before: readonly [number, number] | undefined,
): readonly [number, number] {
  const same = items.filter(({ at_ms }) => at_ms === last.at_ms).length;
  const atMs = Number(last.at_ms);
  return [atMs, same + (before?.[0] === atMs ? before[1] : 0)];
}

const time = (ms: string) => new Date(Number(ms)).toISOString();
const END_OF_TIME_MS = 7_258_118_400_000;

const runs = toRoute(
  {
    method: "GET",
    path: "/v1/runs",
    action: "runs.read",
    summary: "What ran and how it ended: closes, purges, backups and the rest; latest first",
    query: PAGE_QUERY.extend({
      kind: z.string().max(40).optional().describe("Such as `scheduled close`, `nightly` or `webhook`."),
      outcome: z.string().max(40).optional().describe("Such as `done` or `failed`."),
    }),
    answers: toAnswers("A page of runs.", toPageShape("runs", RUN)),
    refuses: ["partner_forbidden"],
    isTagged: true,
  },
  async ({ service, caller, query }) => {
    const refused = refuseLimited(caller);
    if (refused !== undefined) return refused;
    const place = query.cursor === undefined ? undefined : parseCursor(query.cursor, PLACE);
    if (query.cursor !== undefined && place === undefined) return CURSOR_REFUSED;
    type Row = {
      id: string;
      kind: string;
      subject: string;
      at_ms: string;
      ended_ms: string;
      outcome: string;
      detail: string;
    };
    const rows = await service.warehouse.rows<Row>({
      sql: `SELECT toString(id) AS id, kind, subject, toString(toUnixTimestamp64Milli(started_at)) AS at_ms,
              toString(toUnixTimestamp64Milli(ended_at)) AS ended_ms, outcome, detail
            FROM runs AS source
            WHERE source.started_at <= fromUnixTimestamp64Milli({until:Int64}, 'UTC')
              AND ({kind:String} = '' OR source.kind = {kind:String})
              AND ({outcome:String} = '' OR source.outcome = {outcome:String})
            ORDER BY source.started_at DESC, source.id, source.outcome LIMIT {limit:UInt32} OFFSET {skip:UInt32}`,
      parameters: {
        until: place?.[0] ?? END_OF_TIME_MS,
        kind: query.kind ?? "",
        outcome: query.outcome ?? "",
        limit: query.limit + 1,
        skip: place?.[1] ?? 0,
      },
    });
    const { items, next } = cutPage(rows, query.limit, (last, all) => toPlace(all, last, place));
    const shown = items.map(({ at_ms, ended_ms, detail, ...row }) => ({
      ...row,
      started_at: time(at_ms),
      ended_at: time(ended_ms),
      detail: toDetail(detail),
    }));
    return { runs: shown, next };
  },
);

const audit = toRoute(
  {
    method: "GET",
    path: "/v1/audit",
    action: "audit.read",
    summary: "The audit trail: who did what to personal data and when, never about whom; latest first",
    query: PAGE_QUERY.extend({
      action: z.string().max(60).optional().describe("Such as `subject.erase`, or `subject.` for all that begin so."),
      actor: z.string().max(100).optional().describe("An operator's account name, or an API key's id."),
      about: z.string().max(100).optional().describe("What is on file: a request's id, a Partner's id, a month."),
      since: DAY.optional().describe("First day, UTC."),
      until: DAY.optional().describe("Last day, UTC."),
    }),
    answers: toAnswers("A page of entries.", toPageShape("entries", ENTRY)),
    refuses: ["partner_forbidden"],
  },
  async ({ service, caller, query }) => {
    const refused = refuseLimited(caller);
    if (refused !== undefined) return refused;
    const place = query.cursor === undefined ? undefined : parseCursor(query.cursor, PLACE);
    if (query.cursor !== undefined && place === undefined) return CURSOR_REFUSED;
    const untilMs = query.until === undefined ? END_OF_TIME_MS : Date.parse(`${query.until}T23:59:59.999Z`);
    type Row = { at_ms: string; actor: string; action: string; subject: string; detail: string };
    const rows = await service.warehouse.rows<Row>({
      sql: `SELECT toString(toUnixTimestamp64Milli(at)) AS at_ms, actor, action, subject, detail
            FROM audit AS source
            WHERE source.at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
              AND source.at <= fromUnixTimestamp64Milli({until:Int64}, 'UTC')
              AND ({action:String} = '' OR source.action = {action:String}
                   OR (endsWith({action:String}, '.') AND startsWith(source.action, {action:String})))
              AND ({actor:String} = '' OR source.actor = {actor:String})
              AND ({about:String} = '' OR source.subject = {about:String})
            ORDER BY source.at DESC, source.actor, source.action, source.subject, source.detail
            LIMIT {limit:UInt32} OFFSET {skip:UInt32}`,
      parameters: {
        since: Date.parse(`${query.since ?? "1970-01-01"}T00:00:00Z`),
        until: Math.min(untilMs, place?.[0] ?? untilMs),
        action: query.action ?? "",
        actor: query.actor ?? "",
        about: query.about ?? "",
        limit: query.limit + 1,
        skip: place?.[1] ?? 0,
      },
    });
    const { items, next } = cutPage(rows, query.limit, (last, all) => toPlace(all, last, place));
    return {
      entries: items.map(({ at_ms, detail, ...row }) => ({ at: time(at_ms), ...row, detail: toDetail(detail) })),
      next,
    };
  },
);

function toDetail(text: string): Readonly<Record<string, unknown>> {
  const parsed = z.record(z.string(), z.unknown()).safeParse(text === "" ? {} : JSON.parse(text));
  return parsed.success ? parsed.data : { value: text };
}

/** What the installation did and what people did to it. */
export const LEDGER_ROUTES: readonly ApiRoute[] = [runs, audit];
