import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, readSources } from "./sources.ts";

/** Whatever could change or remove rows of a table, with the table's name. */
const CHANGES =
  /\b(?:ALTER\s+TABLE\s+(\w+)(?:\s+ON\s+CLUSTER\s+\S+)?\s+(?:DELETE|UPDATE|DROP\s+PART)|TRUNCATE\s+(?:TABLE\s+)?(\w+)|DELETE\s+FROM\s+(\w+)|DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?(\w+))/gi;
const KEPT = ["audit", "runs"];

function toChanged(text: string): string[] {
  return [...text.matchAll(CHANGES)].map((match) => match.slice(1).find((name) => name !== undefined) ?? "");
}

const migrations = readdirSync(join(ROOT, "schemas/migrations")).map((name) => ({
  path: `schemas/migrations/${name}`,
  text: readFileSync(join(ROOT, "schemas/migrations", name), "utf8"),
}));
const sources = [...readSources(), ...migrations];

describe("audit and runs", () => {
  it("are changed by no statement of the product: rows are only added", () => {
    const changed = sources.flatMap(({ path, text }) => toChanged(text).map((table) => `${table} in ${path}`));
    expect(changed.length).toBeGreaterThan(0); // the search itself finds others
    expect(changed.filter((name) => KEPT.some((table) => name.startsWith(`${table} `)))).toEqual([]);
  });

  it("are in no list of tables that rows are deleted from by name", async () => {
    const { PERSON_TABLE_NAMES } = await import("../../api/rights/person-set.ts");
    const { PARTNER_TABLES } = await import("../../api/clocks/departures.ts");
    const lists: readonly string[] = [...PERSON_TABLE_NAMES, ...PARTNER_TABLES];
    expect(lists.filter((table) => KEPT.includes(table))).toEqual([]);
  });

  it("have no time after which rows leave", () => {
    for (const { text } of migrations) {
      for (const [, table = "", body = ""] of text.matchAll(/CREATE TABLE IF NOT EXISTS (\w+)([\s\S]*?);/g)) {
        if (KEPT.includes(table)) expect(body).not.toMatch(/\bTTL\b/);
      }
    }
  });
});
