import { z } from "zod";
import { ANSWER_HEADERS } from "../../ingest/cors.ts";
import type { Caller } from "../../ingest/parts.ts";
import type { Refusal } from "../../ingest/problem.ts";
import { toDetail } from "../../ingest/wire.ts";
import type { ErrorCode } from "../../schemas/errors.ts";
import type { Action } from "../../schemas/roles.ts";
import type { CommandIo } from "../command-io.ts";
import type { Service } from "../service.ts";

/** What routes act on. */
export type ApiService = Pick<
  Service,
  "settings" | "clock" | "warehouse" | "readerAccess" | "log" | "keyFiles" | "journal" | "decide" | "drain" | "logger"
>;

/** One call whose caller may do it. */
export interface Call<Body, Query = unknown> {
  readonly service: ApiService;
  readonly caller: Caller;
  readonly body: Body;
  readonly query: Query;
  readonly accept: string;
  /** The If-None-Match header: what the caller has already. */
  readonly noneMatch: string;
  param(name: string): string;
}

/** One answer of an address: in words, and what its body is for each media type; text where no shape is told. */
export interface RouteAnswer {
  readonly prose: string;
  readonly types: Readonly<Record<string, z.ZodType | "text" | "bytes">>;
}

/** What an address is for and what goes in and out, as data: it is checked and documented by the same list. */
export interface RouteWords<Body, Query> {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** In the notation of Hono. No user id is ever part of it. */
  readonly path: string;
  readonly action: Action;
  /** One line: what it does. */
  readonly summary: string;
  /** What more a caller has to know. */
  readonly prose?: string;
  /** Absent: no body. */
  readonly body?: z.ZodType<Body>;
  /** The body is the text of a CSV file, not JSON. */
  readonly takesCsv?: true;
  /** Absent: no parameters. Always an object. */
  readonly query?: z.ZodType<Query>;
  /** By HTTP status. */
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  /** What it may refuse beside what every address does. */
  readonly refuses?: readonly ErrorCode[];
  /** Its answer has an ETag, so that who has it already is told so. Not for what is about a person: that is never kept. */
  readonly isTagged?: true;
  /** It notes in the audit trail what is looked at, with more than its address says, and before it reads. */
  readonly notesItself?: true;
}

/** One address of the API. */
export interface ApiRoute extends RouteWords<unknown, unknown> {
  readonly body: z.ZodType;
  readonly query: z.ZodType;
  run(call: Call<unknown>): Promise<Response | Refusal>;
}

/** A call that needs no body. */
export const NO_BODY = z.strictObject({});
type Nothing = z.infer<typeof NO_BODY>;

/** A route that checks its parameters and body before it acts. */
export function toRoute<Body = Nothing, Query = Nothing>(
  words: RouteWords<Body, Query>,
  act: (call: Call<Body, Query>) => Promise<object | Response | Refusal>,
): ApiRoute {
  const body = (words.body ?? NO_BODY) as z.ZodType<Body>; // Body is Nothing where none is told
  const query = (words.query ?? NO_BODY) as z.ZodType<Query>; // and so is Query
  return {
    ...words,
    body,
    query,
    async run(call) {
      const asked = query.safeParse(call.query);
      if (!asked.success) return { refused: "query_invalid", detail: toDetail(asked.error.issues) };
      const parsed = body.safeParse(call.body);
      if (!parsed.success) return { refused: "body_invalid", detail: toDetail(parsed.error.issues) };
      const answer = await act({ ...call, body: parsed.data, query: asked.data });
      if (answer instanceof Response || "refused" in answer) return answer as Response | Refusal; // told apart by its key
      return Response.json(answer, { headers: ANSWER_HEADERS });
    },
  };
}

/** The one good answer of an address: JSON of that shape. */
export function toAnswers(prose: string, shape: z.ZodType, status = 200): Readonly<Record<number, RouteAnswer>> {
  return { [status]: { prose, types: { "application/json": shape } } };
}

/** Why a caller may not act on a Partner's people; `""`: accounts without one. Reach comes first, so that nobody can ask which Partners there are. */
export function refusePartner(
  { service, caller }: Pick<Call<unknown>, "service" | "caller">,
  partner: string,
): Refusal | undefined {
  if (!caller.reaches(partner)) return { refused: "partner_forbidden" };
  return partner === "" || service.journal().partners.has(partner) ? undefined : { refused: "partner_unknown" };
}

/** What an act tells its progress to: nobody. It is never given up, so that a caller who goes away leaves no half of it. */
export const UNSTOPPED: Pick<CommandIo, "progress" | "signal"> = {
  progress: () => {},
  signal: new AbortController().signal,
};
