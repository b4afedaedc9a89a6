import { toException } from "./exceptions.ts";

/** The statements a reader may send. Everything else, and every write, is refused by the engine too (`readonly = 2`). */
export const READER_VERBS: readonly string[] = ["SELECT", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS", "USE"];

/**
 * Table functions a reader may use: those that make rows of nothing or of the text of the query.
 *
 * A list of what is allowed, because a new version of the engine brings new ones that reach files, hosts or
 * programs, or run text as a query.
 */
const TABLE_FUNCTIONS_ALLOWED = [
  "format",
  "generateRandom",
  "generateSeries",
  "generate_series",
  "null",
  "numbers",
  "numbers_mt",
  "primes",
  "SQLStandardValues",
  "values",
  "view",
  "zeros",
  "zeros_mt",
] as const;

/** Ordinary functions that read files, call hosts, look into the process, or hold a session for nothing. */
const FUNCTIONS_REFUSED = [
  "addressToLine",
  "addressToLineWithInlines",
  "addressToSymbol",
  "aiClassify",
  "aiEmbed",
  "aiExtract",
  "aiGenerate",
  "aiTranslate",
  "catboostEvaluate",
  "evalMLMethod",
  "file",
  "filesystemAvailable",
  "filesystemCapacity",
  "filesystemUnreserved",
  "fuzzQuery",
  "generateSerialID",
  "getClientHTTPHeader",
  "getMacro",
  "getServerPort",
  "getServerSetting",
  "hasColumnInTable",
  "logTrace",
  "serverUUID",
  "showCertificate",
  "sleep",
  "sleepEachRow",
] as const;

/** Kinds of functions that read a table or file whose name stands in a string, where no tree shows it. */
const FUNCTION_KINDS_REFUSED = /^(?:ai[A-Z]|dict|joinGet|naiveBayes)/i;

/**
 * Tables of the engine that show other people's statements and the values in them, or what the machine is.
 *
 * A server shows each user their own; in process all are the same user.
 */
const SYSTEM_TABLES_REFUSED = new Set([
  "asynchronous_inserts",
  "backup_log",
  "backups",
  "crash_log",
  "disks",
  "errors",
  "mutations",
  "named_collections",
  "part_log",
  "processes",
  "query_cache",
  "query_log",
  "query_metric_log",
  "query_thread_log",
  "query_views_log",
  "server_settings",
  "stack_trace",
  "text_log",
  "trace_log",
  "user_processes",
]);

/** What no reader may call, in lower case. */
export type RefusedFunctions = ReadonlySet<string>;

/**
 * All that a reader may not call, for this engine.
 *
 * @param tableFunctions every table function the engine has: `system.table_functions`
 */
export function toRefusedFunctions(tableFunctions: readonly string[]): RefusedFunctions {
  const allowed = new Set(TABLE_FUNCTIONS_ALLOWED.map((name) => name.toLowerCase()));
  const others = tableFunctions.map((name) => name.toLowerCase()).filter((name) => !allowed.has(name));
  return new Set([...others, ...FUNCTIONS_REFUSED.map((name) => name.toLowerCase())]);
}

const FUNCTION = /^\s*Function (\S+)/;
/** SHOW PROCESSLIST: the table of processes by another name. */
const PROCESSES = /^ShowProcesslist/;
const TABLE = /^\s*(?:Table)?Identifier (.*?)(?: \(alias .*\))?$/;

function isTableRefused(name: string, database: string | undefined): boolean {
  if (name.includes("/")) return true;
  const qualified = name.includes(".") || database === undefined ? name : `${database}.${name}`;
  const [, table] = /^system\.([^.]+)/i.exec(qualified) ?? [];
  return table !== undefined && SYSTEM_TABLES_REFUSED.has(table.toLowerCase());
}

/**
 * Refuses a statement that reaches beyond the warehouse: to files, hosts, programs, other people's statements.
 *
 * Judged from the engine's own reading of the statement, so no way of quoting or nesting hides a name. A table
 * whose name has a slash is a file or an address: an engine in process opens it as one.
 *
 * @param asker whose statement it is, and the database that names without one are of
 * @param tree lines of `EXPLAIN AST`
 * @throws WarehouseException 497 ACCESS_DENIED
 * @see OWASP ASVS 1.3.6
 */
export function refuseOutsideReach(
  asker: { readonly user: string; readonly database: string | undefined },
  tree: string,
  refused: RefusedFunctions,
): void {
  for (const line of tree.split("\n")) {
    const called = FUNCTION.exec(line)?.[1];
    const table = PROCESSES.test(line) ? "system.processes" : TABLE.exec(line)?.[1];
    const isFunctionRefused =
      called !== undefined && (refused.has(called.toLowerCase()) || FUNCTION_KINDS_REFUSED.test(called));
    if (!isFunctionRefused && (table === undefined || !isTableRefused(table, asker.database))) continue;
    const needed = isFunctionRefused ? `to use the function ${called}` : `SELECT ON ${table}`;
    throw toException(
      "accessDenied",
      `${asker.user}: Not enough privileges. To execute this query, it's necessary to have the grant ${needed}`,
    );
  }
}
