import { createHash, randomUUID, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { Answer, type AnswerOptions } from "./answer.ts";
import { decodeInEngine, isDecodedInEngine } from "./engine-decoder.ts";
import { toException, toServerException } from "./exceptions.ts";
import { FORMAT_DEFAULT } from "./formats.ts";
import { STATEMENT_BYTES_MAX } from "./lanes.ts";
import { planStatement, type Role } from "./plan.ts";
import { noteRefusal } from "./query-note.ts";
import { parseRequest, type WarehouseRequest } from "./request.ts";
import { BodyReader, openBody } from "./request-body.ts";
import { findInsertRows, type InsertRows, parseStatement } from "./statement.ts";
import { isGone, type Runner, runInsert, runPlan } from "./statement-runner.ts";

/** Someone who may come in. */
export interface WarehouseUser {
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the password, hexadecimal: whoever only checks a password need not know it. */
  readonly passwordSha256: string;
}

/** So much of a body is enough to see whether it is an INSERT and where its rows begin. */
const HEAD_BYTES = 256 * 1024;
const URL_BYTES_MAX = 1024 ** 2;
const CONNECTIONS_MAX = 512;
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 300_000;
/** Longer than the clients' own, so that it is the client that ends an idle connection. */
const KEEP_ALIVE_TIMEOUT_MS = 30_000;

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** Knows who comes in, in a time that tells nothing of how near a guess was. */
function toAuthentication(users: () => readonly WarehouseUser[]): (request: WarehouseRequest) => Role {
  return ({ user, password }) => {
    const given = digest(password);
    let role: Role | undefined;
    for (const one of users()) {
      const wanted = Buffer.from(one.passwordSha256, "hex");
      if (wanted.length === given.length && timingSafeEqual(wanted, given) && one.name === user) role = one.role;
    }
    if (role !== undefined) return role;
    const reason = "Authentication failed: password is incorrect, or there is no user with such name.";
    throw toException("authentication", `${user}: ${reason}`);
  };
}

/** The statement of a request, and the body its rows may still come from. */
interface Received {
  readonly text: string;
  readonly rows: InsertRows | undefined;
  /** Rows that came with what was read so far. */
  readonly head: Buffer;
  readonly rest: BodyReader;
}

async function receive(body: Readable, request: WarehouseRequest): Promise<Received> {
  const rest = new BodyReader(body);
  // Bytes as latin1: a character a byte, so positions are the same and rows of any bytes stay as they are.
  const begun = Buffer.from(request.query === "" ? "" : `${request.query}\n`);
  const inUrl = findInsertRows(begun.toString("latin1"));
  let bytes = inUrl !== undefined ? begun : Buffer.concat([begun, await rest.head(HEAD_BYTES)]);
  const rows = inUrl ?? findInsertRows(bytes.toString("latin1"));
  const hasPlaceholders = rows?.format === "Values" && request.params.size > 0;
  if (rows !== undefined && !hasPlaceholders) {
    const asText = (latin1: string) => Buffer.from(latin1, "latin1").toString("utf8");
    const { into, settings, rowsAt } = rows;
    const head = bytes.subarray(Math.min(rowsAt, bytes.length));
    return { text: "", rows: { ...rows, into: asText(into), settings: asText(settings) }, head, rest };
  }
  bytes = Buffer.concat([bytes, await rest.head(STATEMENT_BYTES_MAX)]);
  if (bytes.length > STATEMENT_BYTES_MAX) {
    throw toException("queryTooLarge", `Query is larger than ${STATEMENT_BYTES_MAX} bytes`);
  }
  return { text: bytes.toString("utf8"), rows: undefined, head: Buffer.alloc(0), rest };
}

async function answerQuery(
  runner: Runner,
  incoming: IncomingMessage,
  request: WarehouseRequest,
  role: Role,
  [answer, options]: readonly [Answer, AnswerOptions],
): Promise<void> {
  const { contentEncoding } = request;
  const isForEngine = role === "admin" && isDecodedInEngine(contentEncoding);
  const decoded = isForEngine ? await decodeInEngine(runner, incoming, contentEncoding) : undefined;
  await using _decoded = decoded?.file;
  const { text, rows, head, rest } = await receive(decoded?.body ?? openBody(incoming, contentEncoding), request);
  if (rows === undefined) {
    const plan = planStatement(parseStatement(text), request, role);
    answer.format = plan.format;
    return runPlan(runner, plan, request, answer, options);
  }
  if (role !== "admin" || request.readsOnly) {
    throw toException("readonly", `${request.user}: Cannot execute query in readonly mode.`);
  }
  await using file = await runner.files.write(head, rest);
  await runInsert(runner, rows, file, request, answer, options);
}

function toAnswerOptions(url: URLSearchParams, signal: AbortSignal): AnswerOptions {
  return {
    queryId: url.get("query_id") || randomUUID(),
    signal,
  };
}

async function handle(
  runner: Runner,
  authenticate: (request: WarehouseRequest) => Role,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(incoming.url ?? "/", "http://localhost");
  const isQuery = url.pathname === "/" && (incoming.method === "POST" || url.searchParams.has("query"));
  if (!isQuery) return answerOther(url.pathname, incoming, response);
  const gone = new AbortController();
  response.on("close", () => {
    if (!response.writableFinished) gone.abort(new Error("The client has gone"));
  });
  const options = toAnswerOptions(url.searchParams, gone.signal);
  const answer = new Answer(response, options, FORMAT_DEFAULT);
  try {
    const request = parseRequest(incoming.method ?? "GET", incoming.url ?? "/", incoming.headers);
    const role = authenticate(request);
    answer.packing = request.packing;
    answer.revision = request.revision;
    await answerQuery(runner, incoming, request, role, [answer, options]).catch(async (error: unknown) => {
      if (role === "analyst" && runner.note !== undefined) await noteRefusal(runner.note, request.user, error);
      throw error;
    });
  } catch (error) {
    if (isGone(error, gone.signal)) return;
    answer.sendException(toServerException(error, runner.errorNames));
    incoming.resume();
  }
}

function answerOther(pathname: string, incoming: IncomingMessage, response: ServerResponse): void {
  const isKnown = pathname === "/" || pathname === "/ping" || pathname === "/replicas_status";
  incoming.resume();
  response.writeHead(isKnown ? 200 : 404, { "Content-Type": "text/plain; charset=UTF-8" });
  response.end(isKnown ? "Ok.\n" : "There is no handle for this path.\n");
}

/**
 * Builds the server that speaks ClickHouse's HTTP interface; the caller says where it listens.
 *
 * @param users who may come in at this moment: asked at each request, so that whoever is taken off is out at once
 */
export function toHttpFront(runner: Runner, users: () => readonly WarehouseUser[]): Server {
  const authenticate = toAuthentication(users);
  const server = createServer(
    {
      maxHeaderSize: URL_BYTES_MAX,
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    },
    (incoming, response) => {
      handle(runner, authenticate, incoming, response).catch(() => response.destroy());
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  return server;
}
