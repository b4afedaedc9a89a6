import { toException } from "./exceptions.ts";
import type { RefusedFunctions } from "./read-access.ts";
import type { SettingLimits } from "./read-settings.ts";
import { isSymbol, isWord, toTokens } from "./tokens.ts";
import { toStringLiteral } from "./values.ts";

/** What analysts may read of the warehouse: some views of one database. */
export interface AnalystTables {
  readonly database: string;
  readonly names: readonly string[];
}

/** What those who are not the admin can reach. */
export interface Reach {
  readonly refused: RefusedFunctions;
  /** Absent: analysts may read no table. */
  readonly tables: AnalystTables | undefined;
  /** Of analysts' settings. */
  readonly limits: SettingLimits;
}

const EXECUTION_SECONDS_MAX = 600;
/** An analyst's result passes through a file, too: so many bytes of rows in memory at most. */
export const ANALYST_RESULT_BYTES_MAX: number = 1024 ** 3;

/** The most that an analyst's statement can ask for. `memoryBytesMax` is the whole engine's. */
export function toAnalystLimits(memoryBytesMax: number): SettingLimits {
  return {
    max_execution_time: EXECUTION_SECONDS_MAX,
    max_memory_usage: toMemory(memoryBytesMax),
    max_result_bytes: ANALYST_RESULT_BYTES_MAX,
  };
}

function toMemory(memoryBytesMax: number): number {
  return Math.floor(memoryBytesMax / 4);
}

/** Databases that show what there is. */
const CATALOGUES: readonly string[] = ["system", "information_schema", "INFORMATION_SCHEMA"];

/**
 * What analysts' sessions begin with: their memory, and filters by which the engine's lists of tables and columns show
 * them theirs only, however they are asked.
 */
export function toAnalystOpening(tables: AnalystTables | undefined, memoryBytesMax: number): Record<string, string> {
  const list = (names: readonly string[]) => names.map(toStringLiteral).join(", ");
  const toFilter = (column: string) => {
    const own =
      tables === undefined || tables.names.length === 0
        ? ""
        : ` OR (database = ${toStringLiteral(tables.database)} AND ${column} IN (${list(tables.names)}))`;
    return `database IN (${list(CATALOGUES)})${own}`;
  };
  const filters = { "system.tables": toFilter("name"), "system.columns": toFilter("table") };
  const entries = Object.entries(filters).map(
    ([table, filter]) => `${toStringLiteral(table)}: ${toStringLiteral(filter)}`,
  );
  return { additional_table_filters: `{${entries.join(", ")}}`, max_memory_usage: String(toMemory(memoryBytesMax)) };
}

/** Tables of `system` that say what the engine can do, and what tables an analyst has: what clients ask for at connection. */
const SYSTEM_TABLES = new Set([
  "aggregate_function_combinators",
  "collations",
  "columns",
  "contributors",
  "data_type_families",
  "databases",
  "dictionaries",
  "formats",
  "functions",
  "keywords",
  "licenses",
  "numbers",
  "numbers_mt",
  "one",
  "settings",
  "table_engines",
  "table_functions",
  "tables",
  "time_zones",
  "zeros",
  "zeros_mt",
]);

/** The statements of an analyst, as the engine writes them. */
const STATEMENTS =
  /^(?:\(|SELECT |WITH |DESCRIBE |DESC |EXISTS (?:TABLE |VIEW )?\S+$|EXPLAIN (?!TABLE OVERRIDE|CURRENT TRANSACTION)|USE |SHOW (?:(?:FULL |CHANGED )?(?:TABLES|DATABASES|SETTINGS|FUNCTIONS)\b|(?:EXTENDED )?(?:FULL )?COLUMNS\b|CREATE (?:TABLE|VIEW) ))/;

/** Their kinds in the engine's tree: several statements in one, for one, are another kind that begins with SELECT, too. */
const KINDS =
  /^(?:Select\w+|Explain|DescribeQuery|Exists(?:Table|View)Query|UseQuery|ShowTables|ShowColumns|ShowFunctions|ShowCreate(?:Table|View)Query)$/;

interface Node {
  readonly depth: number;
  readonly kind: string;
  readonly name: string;
}

function toNodes(tree: string): readonly Node[] {
  return tree.split("\n").map((line) => {
    const depth = line.length - line.trimStart().length;
    const [, kind = "", rest = ""] = /^\s*(\S*)\s*(.*)$/.exec(line) ?? [];
    return { depth, kind, name: rest.replace(/ \(alias .*\)$/, "").replace(/ ?\(children \d+\)$/, "") };
  });
}

function deny(user: string, needed: string): never {
  throw toException(
    "accessDenied",
    `${user}: Not enough privileges. To execute this query, it's necessary to have the grant ${needed}`,
  );
}

/** A name with the database that it is of. */
type Qualified = readonly [database: string, table: string];

function toQualified(name: string, database: string): Qualified {
  const dot = name.indexOf(".");
  return dot < 0 ? [database, name] : [name.slice(0, dot), name.slice(dot + 1)];
}

function isReadable([database, table]: Qualified, tables: AnalystTables | undefined): boolean {
  if (database === "system") return SYSTEM_TABLES.has(table);
  if (database.toLowerCase() === "information_schema") return true;
  return database === tables?.database && tables.names.includes(table);
}

/** Names before `AS (`: those that WITH defines, and perhaps more. */
function findDefined(canonical: string): ReadonlySet<string> {
  const tokens = [...toTokens(canonical)];
  return new Set(
    tokens.flatMap((token, at) => (isWord(tokens[at + 1], "AS") && isSymbol(tokens[at + 2], "(") ? [token.text] : [])),
  );
}

const IN = /^(?:global)?(?:not)?(?:null)?in(?:ignoreset)?$/i;

/** Names to the right of IN, which may be a table, a column, or what WITH defines. */
function findRightOfIn(nodes: readonly Node[]): readonly string[] {
  return nodes.flatMap((node, at) => {
    if (node.kind !== "Function" || !IN.test(node.name)) return [];
    const after = nodes.slice(at + 1);
    const end = after.findIndex(({ depth }) => depth <= node.depth);
    const inside = end < 0 ? after : after.slice(0, end);
    const right = inside.filter(({ depth }) => depth === node.depth + 2)[1];
    return right?.kind === "Identifier" || right?.kind === "TableIdentifier" ? [right.name] : [];
  });
}

/** The analysts' tables that a statement names, in order. Pure. */
export function findTables(
  asker: { readonly database: string | undefined },
  tree: string,
  tables: AnalystTables | undefined,
): readonly string[] {
  const nodes = toNodes(tree);
  const named = nodes.flatMap(({ kind, name }) => (kind === "TableIdentifier" ? [name] : []));
  const found = [...named, ...findRightOfIn(nodes), ...findNamed(nodes)]
    .map((name) => toQualified(name, asker.database ?? "default"))
    .filter(([database, table]) => database === tables?.database && tables.names.includes(table));
  return [...new Set(found.map(([, table]) => table))].toSorted();
}

/** The table of SHOW CREATE and EXISTS: the names of database and table are children of their own. */
function findNamed(nodes: readonly Node[]): readonly string[] {
  const [first, ...others] = nodes;
  if (first === undefined || !/^(?:ShowCreate|Exists)/.test(first.kind)) return [];
  return [others.flatMap(({ kind, name }) => (kind === "Identifier" ? [name] : [])).join(".")];
}

/** Throws WarehouseException 497 ACCESS_DENIED for a database that is neither the analysts' nor a list of what there is. */
export function refuseDatabase(
  { user }: { readonly user: string },
  database: string,
  tables: AnalystTables | undefined,
): void {
  if (database !== tables?.database && !CATALOGUES.includes(database)) deny(user, `SELECT ON ${database}.*`);
}

/**
 * Refuses a statement that reads anything but the analysts' tables and the engine's own lists, or is of another kind.
 *
 * Judged from the engine's own reading of the statement. A name that is none of these may still be what the statement
 * itself defines, or a column: then it is in question, and is refused if there is a table of that name.
 *
 * @param reading.canonical the statement as the engine writes it
 * @param reading.tree lines of `EXPLAIN AST`
 * @returns the names in question
 * @throws WarehouseException 497 ACCESS_DENIED
 */
export function refuseBeyondTables(
  asker: { readonly user: string; readonly database: string | undefined },
  { canonical, tree }: { readonly canonical: string; readonly tree: string },
  tables: AnalystTables | undefined,
): readonly Qualified[] {
  const database = asker.database ?? "default";
  if (!STATEMENTS.test(canonical)) deny(asker.user, `for ${/^\w+(?: \w+)?/.exec(canonical)?.[0] ?? "it"}`);
  const nodes = toNodes(tree);
  const [first] = nodes;
  if (first === undefined || !KINDS.test(first.kind)) deny(asker.user, `for ${first?.kind ?? "it"}`);
  const defined = findDefined(canonical);
  const inQuestion: Qualified[] = [];
  const hold = (name: string, mayBeOther: boolean) => {
    const qualified = toQualified(name, database);
    if (isReadable(qualified, tables)) return;
    if (!mayBeOther || !/^[\w.]+$/.test(name)) deny(asker.user, `SELECT ON ${qualified.join(".")}`);
    inQuestion.push(qualified);
  };
  for (const { kind, name } of nodes) if (kind === "TableIdentifier") hold(name, defined.has(name));
  for (const name of findRightOfIn(nodes)) hold(name, true);
  for (const name of findNamed(nodes)) hold(name, false);
  if (first?.kind === "UseQuery") refuseDatabase(asker, first.name, tables);
  return inQuestion;
}

/** Asks which of these names are tables that there are. */
export function toRealTablesQuery(names: readonly Qualified[]): string {
  const list = names.map(([database, table]) => `(${toStringLiteral(database)}, ${toStringLiteral(table)})`).join(", ");
  return `SELECT concat(database, '.', name) FROM system.tables WHERE (database, name) IN (${list})`;
}

/** Refuses names that are tables. `real` is the answer of {@link toRealTablesQuery}. */
export function refuseReal(user: string, names: readonly Qualified[], real: string): void {
  const found = new Set(real.split("\n"));
  const table = names.map((name) => name.join(".")).find((name) => found.has(name));
  if (table !== undefined) deny(user, `SELECT ON ${table}`);
}
