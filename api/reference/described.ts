import type { z } from "zod";
import type { ErrorCode } from "../../schemas/errors.ts";
import { ROLE_NAMES, ROLES, type Role } from "../../schemas/roles.ts";
import { COUNTER_ROUTES } from "../routes/counter.ts";
import { type ApiRoute, NO_BODY, type RouteAnswer } from "../routes/route.ts";
import { REFERENCE_ROUTES } from "./paths.ts";

/** How a caller shows who they are: a key in the Authorization header, COUNTER's parameters, or not at all. */
export type CallerProof = "key" | "counter" | "none";

/** One address with everything that the reference says of it. */
export interface DescribedRoute {
  readonly method: string;
  /** In the notation of Hono. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly prose: string;
  readonly proof: CallerProof;
  /** Roles whose keys may; empty where none is needed. */
  readonly roles: readonly Role[];
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly bodyType: "application/json" | "text/csv";
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  readonly refuses: readonly ErrorCode[];
  readonly isTagged: boolean;
}

/** What every address that needs a key may refuse. */
const ALWAYS = [
  "query_invalid",
  "key_missing",
  "key_invalid",
  "key_expired",
  "role_forbidden",
  "rate_limited",
  "internal",
  "log_unavailable",
  "store_unavailable",
  "keys_unavailable",
] as const satisfies readonly ErrorCode[];
const WITH_BODY = [
  "body_invalid",
  "request_timeout",
  "body_too_large",
  "media_type",
] as const satisfies readonly ErrorCode[];

/** Every address that the API serves, as the reference tells it: those with a key, COUNTER's, and the reference itself. */
export function toDescribed(routes: readonly ApiRoute[]): readonly DescribedRoute[] {
  return [...routes.map(toKeyed), ...COUNTER_ROUTES.map(toCounter), ...REFERENCE_ROUTES.map(toOpen)];
}

function toKeyed(route: ApiRoute): DescribedRoute {
  const hasBody = route.body !== NO_BODY;
  return {
    method: route.method,
    path: route.path,
    tag: route.path.split("/")[2] ?? "",
    summary: route.summary,
    prose: route.prose ?? "",
    proof: "key",
    roles: ROLE_NAMES.filter((role) => ROLES[role].may.some((action) => action === route.action)),
    ...(route.query === NO_BODY ? {} : { query: route.query }),
    ...(hasBody ? { body: route.body } : {}),
    bodyType: route.takesCsv === true ? "text/csv" : "application/json",
    answers: route.answers,
    refuses: [...new Set([...ALWAYS, ...(hasBody ? WITH_BODY : []), ...(route.refuses ?? [])])],
    isTagged: route.isTagged === true,
  };
}

function toCounter({ isOpen, ...route }: (typeof COUNTER_ROUTES)[number]): DescribedRoute {
  const roles = ROLE_NAMES.filter((role) => ROLES[role].may.some((action) => action === "records.read"));
  return {
    ...{ method: route.method, path: route.path, tag: "counter", summary: route.summary, prose: route.prose },
    proof: isOpen === true ? "none" : "counter",
    roles: isOpen === true ? [] : roles,
    query: route.query,
    bodyType: "application/json",
    answers: route.answers,
    refuses: [],
    isTagged: false,
  };
}

function toOpen(route: (typeof REFERENCE_ROUTES)[number]): DescribedRoute {
  return {
    ...route,
    ...{
      method: "GET",
      tag: "reference",
      prose: "Needs no key.",
      proof: "none",
      roles: [],
      bodyType: "application/json",
    },
    refuses: [],
    isTagged: true,
  };
}
