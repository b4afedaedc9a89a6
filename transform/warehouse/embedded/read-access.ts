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
  "file",
  "filesystemAvailable",
  "filesystemCapacity",
  "filesystemUnreserved",
  "getServerSetting",
  "hasColumnInTable",
  "sleep",
  "sleepEachRow",
] as const;

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
const TABLE = /^\s*(?:Table)?Identifier (.*)$/;

/**
 * Refuses a statement that reaches beyond the warehouse: to files, hosts, programs.
 *
 * Judged from the engine's own reading of the statement, so no way of quoting or nesting hides a name. A table
 * whose name has a slash is a file or an address: an engine in process opens it as one.
 *
 * @param user whose statement it is
 * @param tree lines of `EXPLAIN AST`
 * @throws WarehouseException 497 ACCESS_DENIED
 * @see OWASP ASVS 1.3.6
 */
export function refuseOutsideReach(user: string, tree: string, refused: RefusedFunctions): void {
  for (const line of tree.split("\n")) {
    const called = FUNCTION.exec(line)?.[1]?.toLowerCase();
    const table = TABLE.exec(line)?.[1];
    const isFunctionRefused = called !== undefined && refused.has(called);
    if (isFunctionRefused || table?.includes("/")) {
      const what = isFunctionRefused ? `function ${called}` : "files";
      throw toException(
        "accessDenied",
        `${user}: Not enough privileges. To execute this query, it's necessary to have the grant READ ON ${what}`,
      );
    }
  }
}
