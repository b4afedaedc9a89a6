import type { Statement } from "./sql-statements.ts";

/** The purposes whose rows say who by a pseudonym. `any`: a table that is known only when the statement runs. */
export type PersonPurpose = "engagement" | "behaviour" | "feedback" | "any";

/** Tables and views with people's rows, by the purpose that they serve. */
const TABLES: Readonly<Record<string, PersonPurpose>> = {
  engagement: "engagement",
  attendance: "engagement",
  behaviour: "behaviour",
  feedback: "feedback",
};

/** What stands for a person in a column of the product's own steps. */
const PERSON_COLUMN = /\b(?:pseudonym|person_no|person|who|hexed|hex)\b|^\s*(?:DISTINCT\s+)?(?:\w+\.)?\*/;

/** A step of a query: `CREATE OR REPLACE TABLE {name:Identifier}`. */
const STEP = /CREATE\s+OR\s+REPLACE\s+TABLE\s+\{(\w+):Identifier\}/i;
/** Whatever a statement reads: a table, also with its database or in quotes, or a step, also the further ones of a list. */
const SOURCE =
  /\b(?:FROM|JOIN)\s+[`"]?(?:[\w{}]+[`"]?\.[`"]?)?(\w+|\{\w+:Identifier\})|,\s*(?:\w+\.)?(\w+)\s+(?:AS\s+)?\w+\s*(?=,|$|\)|\b(?:WHERE|ON|USING|GROUP|ORDER|JOIN)\b)|toSetRows\("(\w+)"\)/gi;

/** A statement that may bring rows of one person under two purposes together. */
export interface Mixture extends Statement {
  readonly purposes: readonly PersonPurpose[];
}

/**
 * The statements that read behaviour and another purpose's rows with who they are about: in one statement, or in steps that
 * build on each other. A step hands a person on only if its own columns say who.
 */
export function findMixtures(statements: readonly Statement[]): readonly Mixture[] {
  const steps = new Map<string, Statement>();
  for (const statement of statements) {
    const name = STEP.exec(statement.sql)?.[1];
    if (name !== undefined) steps.set(name, statement);
  }
  return statements.flatMap((statement) => {
    const purposes = [...toPurposes(statement.sql, steps, new Set())].toSorted();
    return isMixture(purposes) ? [{ ...statement, purposes }] : [];
  });
}

/** Behaviour with anything else; or several tables of which nobody can say which. */
function isMixture(purposes: readonly PersonPurpose[]): boolean {
  return purposes.includes("any") || (purposes.includes("behaviour") && purposes.length > 1);
}

function toPurposes(sql: string, steps: ReadonlyMap<string, Statement>, seen: ReadonlySet<string>): Set<PersonPurpose> {
  const purposes = new Set<PersonPurpose>();
  for (const [, first, further, set] of sql.matchAll(SOURCE)) {
    const source = (first ?? further ?? set ?? "").replace(/_v\d+$/, "");
    const table = TABLES[source];
    if (table !== undefined) purposes.add(table);
    const step = /^\{(\w+):/.exec(source)?.[1];
    const made = step === undefined || seen.has(step) ? undefined : steps.get(step);
    if (made !== undefined && saysWho(made.sql)) {
      for (const one of toPurposes(made.sql, steps, new Set([...seen, step ?? ""]))) purposes.add(one);
    }
  }
  if (isOfManyTables(sql)) purposes.add("any");
  return purposes;
}

/** Several tables brought together by a list in the code, or by an engine function that takes a pattern of names. */
function isOfManyTables(sql: string): boolean {
  return (
    (/\bUNION\b/i.test(sql) && /\$\{/.test(sql) && /\.map\(|\.join\(|FROM\s+\$\{/.test(sql)) ||
    /\bFROM\s+merge\s*\(/i.test(sql)
  );
}

/** Whether the columns of a step, those of every branch of a UNION, name a person. What it filters by does not matter. */
function saysWho(sql: string): boolean {
  const body = sql.replace(STEP, "");
  const lists: string[] = [];
  let depth = 0;
  let from = -1;
  for (const { 0: word, index } of body.matchAll(/\(|\)|\bSELECT\b|\bFROM\b/gi)) {
    if (word === "(") depth += 1;
    else if (word === ")") depth -= 1;
    else if (depth > 0) continue;
    else if (/select/i.test(word)) from = index + word.length;
    else if (from >= 0) {
      lists.push(body.slice(from, index));
      from = -1;
    }
  }
  return lists.some((list) => PERSON_COLUMN.test(list));
}
