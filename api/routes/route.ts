import { z } from "zod";
import { ANSWER_HEADERS } from "../../ingest/cors.ts";
import type { Caller } from "../../ingest/parts.ts";
import type { Refusal } from "../../ingest/problem.ts";
import { toDetail } from "../../ingest/wire.ts";
import type { Action } from "../../schemas/roles.ts";
import type { CommandIo } from "../command-io.ts";
import type { Service } from "../service.ts";

/** What routes act on. */
export type ApiService = Pick<
  Service,
  "settings" | "clock" | "warehouse" | "log" | "keyFiles" | "journal" | "decide" | "drain" | "logger"
>;

/** One call whose caller may do it. */
export interface Call<Body> {
  readonly service: ApiService;
  readonly caller: Caller;
  readonly body: Body;
  readonly accept: string;
  param(name: string): string;
  query(name: string): string;
}

/** One address of the API, as data: whoever documents it reads the same list that serves it. */
export interface ApiRoute {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** In the notation of Hono. No user id is ever part of it. */
  readonly path: string;
  readonly action: Action;
  run(call: Call<unknown>): Promise<Response | Refusal>;
}

/** A route that checks its body before it acts. */
export function toRoute<Body>(
  method: ApiRoute["method"],
  path: string,
  action: Action,
  shape: z.ZodType<Body>,
  act: (call: Call<Body>) => Promise<object | Response | Refusal>,
): ApiRoute {
  return {
    method,
    path,
    action,
    async run(call) {
      const parsed = shape.safeParse(call.body);
      if (!parsed.success) return { refused: "body_invalid", detail: toDetail(parsed.error.issues) };
      const answer = await act({ ...call, body: parsed.data });
      if (answer instanceof Response || "refused" in answer) return answer as Response | Refusal; // told apart by its key
      return Response.json(answer, { headers: ANSWER_HEADERS });
    },
  };
}

/** A call that needs no body. */
export const NO_BODY = z.strictObject({});

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
