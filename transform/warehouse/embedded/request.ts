import { toException } from "./exceptions.ts";
import { isPlainName } from "./values.ts";

/** The form of an answer's body. */
export type Packing = "none" | "gzip" | "blocks";

/** A request of ClickHouse's HTTP interface, taken apart; nothing in it has been believed yet. */
export interface WarehouseRequest {
  /** GET and HEAD may only read, as on the server. */
  readonly readsOnly: boolean;
  readonly user: string;
  readonly password: string;
  /** The part of the statement that is in the URL; the body goes on from there. */
  readonly query: string;
  readonly database: string | undefined;
  readonly formatDefault: string | undefined;
  /** Values of `{name:Type}` placeholders, escaped as tab-separated values are. */
  readonly params: ReadonlyMap<string, string>;
  readonly settings: ReadonlyMap<string, string>;
  readonly packing: Packing;
  /** Revision of ClickHouse's protocol that the client reads Native in; 0 if it names none. */
  readonly revision: number;
  readonly contentEncoding: string;
}

/** Node's headers, or any object of that shape: names in lower case. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

/** URL parameters that are for the HTTP interface, or for what one process does not have: never engine settings. */
const NOT_SETTINGS = new Set([
  "query",
  "query_id",
  "user",
  "password",
  "database",
  "default_format",
  "role",
  "quota_key",
  "session_id",
  "session_timeout",
  "session_check",
  "session_timezone_from_client",
  "wait_end_of_query",
  "buffer_size",
  "compress",
  "decompress",
  "enable_http_compression",
  "client_protocol_version",
  "close_session",
  "stacktrace",
  "cancel_http_readonly_queries_on_client_close",
  "send_progress_in_http_headers",
  "http_headers_progress_interval_ms",
  "http_response_buffer_size",
  "http_write_exception_in_output_format",
  "http_zlib_compression_level",
  "http_response_headers",
  "http_native_compression_disable_checksumming_on_decompress",
  "add_http_cors_header",
  "database_replicated_enforce_synchronous_settings",
]);

function header(headers: Headers, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : value?.[0];
}

function toCredentials(headers: Headers, search: URLSearchParams): { user: string; password: string } {
  const user = header(headers, "x-clickhouse-user");
  if (user !== undefined) return { user, password: header(headers, "x-clickhouse-key") ?? "" };
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header(headers, "authorization") ?? "")?.[1];
  if (basic !== undefined) {
    const text = Buffer.from(basic, "base64").toString("utf8");
    const colon = text.indexOf(":");
    return { user: colon < 0 ? text : text.slice(0, colon), password: colon < 0 ? "" : text.slice(colon + 1) };
  }
  return { user: search.get("user") ?? "default", password: search.get("password") ?? "" };
}

/** How a client takes the answer: `compress=1` asks for ClickHouse's own blocks, whatever else it would take. */
function toPacking(search: URLSearchParams, accepts: string): Packing {
  if (search.get("compress") === "1") return "blocks";
  return search.get("enable_http_compression") === "1" && /\bgzip\b/.test(accepts) ? "gzip" : "none";
}

function toRevisionNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw toException("badArguments", "client_protocol_version must be a number");
  return Number(text);
}

function toPlainName(name: string): string {
  if (!isPlainName(name)) throw toException("badArguments", "Names of URL parameters must be settings or param_ names");
  return name;
}

/**
 * Takes a request of the HTTP interface apart: credentials, settings, placeholders, format.
 *
 * @throws WarehouseException for what is not supported: bodies in ClickHouse's own blocks, external tables
 */
export function parseRequest(method: string, url: string, headers: Headers): WarehouseRequest {
  const search = new URL(url, "http://localhost").searchParams;
  if (search.get("decompress") === "1") {
    throw toException("notImplemented", "decompress=1 is not supported: send the body as it is, or as gzip or zstd");
  }
  if (header(headers, "content-type")?.startsWith("multipart/") === true) {
    throw toException("notImplemented", "External tables (multipart/form-data) are not supported");
  }
  const params = new Map<string, string>();
  const settings = new Map<string, string>();
  for (const [name, value] of search) {
    if (name.startsWith("param_")) params.set(toPlainName(name.slice("param_".length)), value);
    else if (!NOT_SETTINGS.has(name)) settings.set(toPlainName(name), value);
  }
  return {
    readsOnly: method !== "POST",
    ...toCredentials(headers, search),
    query: search.get("query") ?? "",
    database: search.get("database") ?? header(headers, "x-clickhouse-database"),
    formatDefault: search.get("default_format") ?? header(headers, "x-clickhouse-format"),
    params,
    settings,
    revision: toRevisionNumber(search.get("client_protocol_version") ?? "0"),
    packing: toPacking(search, header(headers, "accept-encoding") ?? ""),
    contentEncoding: (header(headers, "content-encoding") ?? "identity").toLowerCase(),
  };
}
