import { z } from "zod";
import { COUNTER_EXCEPTIONS } from "../../reporting/counter-exceptions.ts";
import { RECORD, toRecordSchema } from "../../reporting/record-schema.ts";
import { ERROR_CODES, ERRORS, type ErrorCode } from "../../schemas/errors.ts";
import type { RouteAnswer } from "../routes/route.ts";
import { NOTICE, SIGNATURE_HEADER } from "../webhook/notice.ts";
import type { DescribedRoute } from "./described.ts";

/** A JSON Schema, or a piece of one. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** One parameter of an address. */
export interface OpenApiParameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}

/** Bodies by their media type. */
export type OpenApiContent = Readonly<Record<string, { readonly schema: JsonSchema }>>;

/** One thing that an address does. */
export interface OpenApiOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  /** Roles whose keys may. */
  readonly "x-roles"?: readonly string[];
  readonly parameters?: readonly OpenApiParameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: OpenApiContent };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: OpenApiContent }>>;
}

/** An OpenAPI document, as far as ours go. */
export interface OpenApiDocument {
  readonly openapi: "3.1.1";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
  /** What is sent by itself. */
  readonly webhooks: Readonly<Record<string, Readonly<Record<string, Omit<OpenApiOperation, "security">>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** What stands in a path, by its name. */
const PATH_PARAMETERS: Readonly<Record<string, { readonly prose: string; readonly pattern: string }>> = {
  partner: { prose: "A Partner's id.", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,59}$" },
  month: { prose: "A month, yyyy-mm.", pattern: "^\\d{4}-(?:0[1-9]|1[0-2])$" },
  id: { prose: "The id of a request or a hold.", pattern: "^[A-Za-z0-9-]{1,60}$" },
  view: { prose: "The name of a view, as GET /v1/views lists it.", pattern: "^[a-z]{1,40}_v[0-9]{1,4}$" },
  scope: { prose: "What is instructed: rights or named_people.", pattern: "^[a-z_]{1,40}$" },
};

/** What each part of the API is about, in the order of the page. */
export const TAGS: Readonly<Record<string, string>> = {
  partners: "Partners, their Link Officers and their instructions.",
  records: "Closed Records of Engagement.",
  months: "Closing months.",
  completeness: "How far closed months can be relied on.",
  views: "The analysts' views: rows by pseudonym and anonymous sums.",
  people: "One person's own record, where the Partner has instructed it.",
  counter: "COUNTER 5.1, by its own paths, keys and errors.",
  subjects:
    "People's rights: look-up, export, correction, restriction, objection, erasure. User ids stand in bodies only.",
  requests: "People's requests and their clock.",
  holds: "Legal holds.",
  processing: "Records of processing.",
  runs: "What ran and how it ended.",
  audit: "The audit trail.",
  reference: "This reference.",
};

const RECORD_REF = { $ref: "#/components/schemas/Record" };
const PROBLEM_REF = { $ref: "#/components/schemas/Problem" };
const EXCEPTION_REF = { $ref: "#/components/schemas/CounterException" };

/** The OpenAPI 3.1 document of these addresses. Its schemas are those that bodies and parameters are checked by. Pure. */
export function toOpenApi(routes: readonly DescribedRoute[], version: string): OpenApiDocument {
  const paths: Record<string, Record<string, OpenApiOperation>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    const operations = paths[path] ?? {};
    operations[route.method.toLowerCase()] = toOperation(route);
    paths[path] = operations;
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Roebuck",
      version,
      description:
        "Records of Engagement, Partners and people's rights. Send an API key as `Authorization: Bearer`; a key of some Partners knows of no other. Lists come in pages: send `next` as `cursor`. Refusals are problems (RFC 9457) with a stable `code`.",
    },
    tags: Object.entries(TAGS)
      .filter(([name]) => routes.some(({ tag }) => tag === name))
      .map(([name, description]) => ({ name, description })),
    paths,
    webhooks: { record: { post: toWebhook() } },
    components: {
      securitySchemes: {
        key: { type: "http", scheme: "bearer", description: "An API key, rbk_..., that `roebuck api-keys add` made." },
        counter: { type: "apiKey", in: "query", name: "api_key", description: "COUNTER's way: the same API key." },
      },
      schemas: {
        Problem: toProblemSchema(),
        CounterException: toExceptionSchema(),
        Record: toSchema(RECORD, "output"),
      },
    },
  };
}

function toOperation(route: DescribedRoute): OpenApiOperation {
  const parameters = [...toPathParameters(route.path), ...toQueryParameters(route.query), ...toHeaders(route)];
  return {
    operationId: toOperationId(route),
    tags: [route.tag],
    summary: route.summary,
    ...(route.prose === "" ? {} : { description: route.prose }),
    security: route.proof === "none" ? [] : [{ [route.proof]: [] }],
    ...(route.roles.length === 0 ? {} : { "x-roles": route.roles }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: !route.body.safeParse({}).success,
            content: { [route.bodyType]: { schema: toSchema(route.body, "input") } },
          },
        }),
    responses: toResponses(route),
  };
}

/** What the CRM is told when a record is closed or restated. */
function toWebhook(): Omit<OpenApiOperation, "security"> {
  return {
    operationId: "onRecord",
    tags: ["records"],
    summary: "A record was closed or restated",
    description: `Sent to \`ROEBUCK_WEBHOOK_URL\`. The header \`${SIGNATURE_HEADER}\` is \`t=SECONDS,v1=HEX\`: the HMAC-SHA-256, under the secret, of the seconds, a full stop and the body as it came. Compare it in constant time and refuse what is older than five minutes. The same \`id\` may come twice.`,
    parameters: [
      {
        name: SIGNATURE_HEADER,
        in: "header",
        required: true,
        schema: { type: "string", pattern: "^t=\\d+,v1=[0-9a-f]{64}$" },
      },
    ],
    requestBody: { required: true, content: { "application/json": { schema: toSchema(NOTICE, "output") } } },
    responses: {
      "204": {
        description: "Any status from 200 to 299: it is taken. After any other it comes again, for three days.",
      },
    },
  };
}

/** `GET /v1/records/:partner/:month` as `getRecordsPartnerMonth`. */
function toOperationId({ method, path }: DescribedRoute): string {
  const words = path.split(/[/:._]+/).filter((word) => word !== "" && word !== "v1");
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("");
}

function toPathParameters(path: string): OpenApiParameter[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => {
    const known = PATH_PARAMETERS[name];
    if (known === undefined) throw new Error(`Cannot document "${path}": say in PATH_PARAMETERS what "${name}" is`);
    return {
      name,
      in: "path",
      required: true,
      description: known.prose,
      schema: { type: "string", pattern: known.pattern },
    };
  });
}

function toQueryParameters(query: z.ZodType | undefined): OpenApiParameter[] {
  if (query === undefined) return [];
  const { properties = {}, required = [] } = toSchema(query, "input") as {
    properties?: Readonly<Record<string, JsonSchema & { readonly description?: string }>>;
    required?: readonly string[];
  }; // parameters are an object's properties
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: "query",
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

function toHeaders({ isTagged }: DescribedRoute): OpenApiParameter[] {
  if (!isTagged) return [];
  const description = "The ETag of an answer that you have: 304 if it is still so.";
  return [{ name: "If-None-Match", in: "header", required: false, description, schema: { type: "string" } }];
}

function toResponses(route: DescribedRoute): OpenApiOperation["responses"] {
  const responses: Record<string, { description: string; content?: OpenApiContent }> = {};
  for (const [status, { prose, types }] of Object.entries(route.answers))
    responses[status] = { description: prose, content: toContent(types) };
  if (route.isTagged) responses["304"] = { description: "You have it already." };
  const refusals = Map.groupBy(route.refuses, (code) => ERRORS[code].status);
  for (const [status, codes] of [...refusals].sort(([a], [b]) => a - b))
    responses[status] = {
      description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}.`).join(" "),
      content: { "application/problem+json": { schema: PROBLEM_REF } },
    };
  return route.proof === "counter" ? { ...responses, ...toExceptionResponses() } : responses;
}

/** COUNTER's exceptions that stand alone, by their status. */
function toExceptionResponses(): OpenApiOperation["responses"] {
  const alone = Object.values(COUNTER_EXCEPTIONS).filter(({ status }) => status !== 200);
  return Object.fromEntries(
    [...Map.groupBy(alone, ({ status }) => status)].map(([status, some]) => [
      String(status),
      {
        description: some.map(({ code, message }) => `${code}: ${message}.`).join(" "),
        content: { "application/json": { schema: EXCEPTION_REF } },
      },
    ]),
  );
}

function toContent(types: RouteAnswer["types"]): OpenApiContent {
  return Object.fromEntries(
    Object.entries(types).map(([type, shape]) => [
      type,
      {
        schema:
          shape === RECORD
            ? RECORD_REF
            : shape === "text"
              ? { type: "string" }
              : shape === "bytes"
                ? { type: "string", contentMediaType: type }
                : toSchema(shape, "output"),
      },
    ]),
  );
}

function toSchema(shape: z.ZodType, io: "input" | "output"): JsonSchema {
  const schema: Record<string, unknown> = shape === RECORD ? { ...toRecordSchema() } : z.toJSONSchema(shape, { io });
  const { $schema: _, $id: __, ...rest } = schema;
  return rest;
}

function toProblemSchema(): JsonSchema {
  const codes = ERROR_CODES as readonly [ErrorCode, ...ErrorCode[]]; // the catalogue is not empty
  return toSchema(
    z.looseObject({
      type: z.string(),
      title: z.string(),
      status: z.number().int(),
      code: z.enum(codes),
      detail: z.string().describe("What to do."),
    }),
    "output",
  );
}

function toExceptionSchema(): JsonSchema {
  return toSchema(z.object({ Code: z.number().int(), Message: z.string(), Data: z.string().optional() }), "output");
}
