import { Hono } from "hono";
import { createCredentialsReader, readCall, toCallProblem } from "../ingest/call.ts";
import { ANSWER_HEADERS } from "../ingest/cors.ts";
import { toAllowed, toIncoming, toPlace } from "../ingest/incoming.ts";
import type { Caller, KeyGate } from "../ingest/parts.ts";
import { isRefusal, type Refusal, toProblemResponse } from "../ingest/problem.ts";
import { type CollectorServer, openServer } from "../ingest/server.ts";
import { ERRORS } from "../schemas/errors.ts";
import { LogUnavailable, WarehouseUnavailable } from "../schemas/ports.ts";
import type { Action } from "../schemas/roles.ts";
import { openApiKeyReader } from "./access/api-keys.ts";
import { openGate } from "./access/gate.ts";
import { writeAudit } from "./audit.ts";
import { CommandError } from "./command-io.ts";
import { toErrorFacts } from "./logger.ts";
import { addReference } from "./reference/serve.ts";
import { RightsRefused } from "./rights/refusal.ts";
import { COMPLETENESS_ROUTES } from "./routes/completeness.ts";
import { addCounterRoutes } from "./routes/counter.ts";
import { FILE_ROUTES } from "./routes/files.ts";
import { LEDGER_ROUTES } from "./routes/ledgers.ts";
import { MONTH_ROUTES } from "./routes/months.ts";
import { PARTNER_ROUTES } from "./routes/partners.ts";
import { PEOPLE_ROUTES } from "./routes/people.ts";
import { PROCESSING_ROUTES } from "./routes/processing.ts";
import { RECORD_ROUTES } from "./routes/records.ts";
import { REQUEST_ROUTES } from "./routes/requests.ts";
import type { ApiRoute, ApiService } from "./routes/route.ts";
import { SUBJECT_ROUTES } from "./routes/subjects.ts";
import { toTagged } from "./routes/tag.ts";
import { VIEW_ROUTES } from "./routes/views.ts";
import type { Service } from "./service.ts";

/** Every address of the API. */
export const API_ROUTES: readonly ApiRoute[] = [
  ...PARTNER_ROUTES,
  ...RECORD_ROUTES,
  ...MONTH_ROUTES,
  ...COMPLETENESS_ROUTES,
  ...VIEW_ROUTES,
  ...LEDGER_ROUTES,
  ...PEOPLE_ROUTES,
  ...SUBJECT_ROUTES,
  ...REQUEST_ROUTES,
  ...FILE_ROUTES,
  ...PROCESSING_ROUTES,
];

const RETRY_AFTER_S = 5;

/**
 * The API: each call does what the command of that name does, by the same functions, in the name of
 * its API key. It listens apart from the collector, which is public.
 *
 * @throws if a setting cannot be read
 */
export function createApi(service: ApiService, gate: KeyGate): Hono {
  const app = new Hono();
  const toCredentials = createCredentialsReader(service.settings.trustedProxies);
  for (const route of API_ROUTES) {
    app.on(route.method, route.path, async (context) => {
      const incoming = toIncoming(context);
      const caller = await gate(toCredentials(incoming), route.action);
      if (isRefusal(caller)) return toCallProblem(caller);
      const read = await readCall(incoming, route.takesCsv === true ? "text/csv" : undefined);
      if (isRefusal(read)) return toCallProblem(read);
      const call = {
        service,
        caller,
        body: read.body,
        query: context.req.query(),
        accept: incoming.headers.accept ?? "",
        noneMatch: incoming.headers["if-none-match"] ?? "",
        param: (name: string) => context.req.param(name) ?? "",
      };
      try {
        const answer = await route.run(call);
        if (answer instanceof Response) {
          await noteRead(service, caller, route, call.param);
          return route.isTagged === true ? await toTagged(answer, call.noneMatch) : answer;
        }
        await noteRefused(service, caller, route.action, answer);
        return toCallProblem(answer);
      } catch (error) {
        return toCallProblem(toRefusal(service, error));
      }
    });
  }
  addCounterRoutes(app, service, gate);
  addReference(app, API_ROUTES);
  app.notFound((context) => {
    const same = app.routes.filter(({ path }) =>
      new RegExp(`^${path.replace(/:\w+/g, "[^/]+")}$`).test(context.req.path),
    );
    const allow = toAllowed(same.map(({ method }) => method));
    if (allow === "") return toCallProblem({ refused: "not_found" });
    return toProblemResponse({ refused: "method_not_allowed" }, { ...ANSWER_HEADERS, allow });
  });
  app.onError((error) => toCallProblem(toRefusal(service, error)));
  return app;
}

/** What was asked for and found, before it is told: an act notes itself, a look does not. Throws as the warehouse does; then nothing is told. */
async function noteRead(
  service: ApiService,
  { id: actor }: Caller,
  { method, action, notesItself }: ApiRoute,
  param: (name: string) => string,
): Promise<void> {
  if (method !== "GET" || notesItself === true) return;
  // What was found by it is on file: the id of a request, of a hold or of a Partner.
  await writeAudit(service, { actor, action, subject: param("id") || param("partner") });
}

/** Refusals of the acts themselves are noted by these; here those that come before. A body that cannot be read is no act. */
async function noteRefused(service: ApiService, { id }: Caller, action: Action, { refused }: Refusal): Promise<void> {
  const { status } = ERRORS[refused];
  if (status !== 403 && status !== 404 && status !== 409) return;
  await noteQuietly(service, id, action, refused);
}

async function noteQuietly(service: ApiService, actor: string, action: Action, code: string): Promise<void> {
  try {
    await writeAudit(service, { actor, action, detail: { refused: code } });
  } catch (error) {
    service.logger.error("a refusal could not be noted in the audit trail", { action, code, ...toErrorFacts(error) });
  }
}

/** What an act threw, as an answer. No message goes out: it could quote what the caller sent. */
function toRefusal({ logger }: ApiService, error: unknown): Refusal {
  if (error instanceof RightsRefused) {
    const isOfBody = error.code === "nobody_named" || error.code === "partner_needed";
    return { refused: isOfBody ? "body_invalid" : error.code };
  }
  if (error instanceof LogUnavailable) return { refused: "log_unavailable", retryAfterS: RETRY_AFTER_S };
  const isAway = error instanceof WarehouseUnavailable || error instanceof CommandError;
  const place = error instanceof Error ? toPlace(error) : "unknown";
  logger.error(isAway ? "an act could not be done now" : "a call failed inside", { ...toErrorFacts(error), at: place });
  return isAway ? { refused: "store_unavailable", retryAfterS: RETRY_AFTER_S } : { refused: "internal" };
}

/** Serves the API of a service on its own address. */
export async function listenForCalls(service: Service): Promise<CollectorServer> {
  const gate = openGate({
    ...service,
    keys: openApiKeyReader(service.keyFiles.store),
    noteRefused: (key, action, code) => noteQuietly(service, key, action, code),
  });
  const { apiHost: host, apiPort: port } = service.settings;
  return openServer(createApi(service, gate), { host, port, connectionsMax: 256 });
}
