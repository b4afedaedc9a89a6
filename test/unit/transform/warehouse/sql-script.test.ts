import { describe, expect, test } from "vitest";
import { fillScript, toSections, toStatements } from "../../../../transform/warehouse/sql-script.ts";

describe("toStatements()", () => {
  const cases: readonly [string, string, readonly string[]][] = [
    ["splits at semicolons", "SELECT 1; SELECT 2", ["SELECT 1", "SELECT 2"]],
    ["takes no empty statement from the end", "SELECT 1;\n", ["SELECT 1"]],
    ["keeps one inside a string", "SELECT ';', 'it''s; so'", ["SELECT ';', 'it''s; so'"]],
    ["keeps one after an escaped quote", "SELECT 'a\\';b'; SELECT 2", ["SELECT 'a\\';b'", "SELECT 2"]],
    ["keeps one inside a quoted name", 'SELECT `a;b`, "c;d"', ['SELECT `a;b`, "c;d"']],
    [
      "keeps one inside a comment",
      "SELECT 1 -- a; b\n; /* c; d */ SELECT 2",
      ["SELECT 1 -- a; b", "/* c; d */ SELECT 2"],
    ],
    ["is not misled by a quote in a comment", "-- it's\nSELECT 1; SELECT 2", ["-- it's\nSELECT 1", "SELECT 2"]],
    ["leaves comments by themselves out", "SELECT 1; -- the end; really\n", ["SELECT 1"]],
    ["finds nothing in nothing", "", []],
  ];
  test.each(cases)("%s", (_, script, statements) => {
    expect(toStatements(script)).toEqual(statements);
  });
});

describe("fillScript()", () => {
  test("fills its own names and leaves ClickHouse's placeholders", () => {
    expect(fillScript("TTL {days} {id:String}", { days: 365 })).toBe("TTL 365 {id:String}");
  });

  test("takes values literally", () => {
    expect(fillScript("{a}", { a: "$& {a}" })).toBe("$& {a}");
  });

  test("throws for a name without a value", () => {
    expect(() => fillScript("{nothing}", {})).toThrow("Cannot fill {nothing}");
  });
});

describe("toSections()", () => {
  test("parts what is only for engines that know users from the rest", () => {
    const { everywhere, accessControl } = toSections("CREATE VIEW v;\n-- @access-control: why\nCREATE ROLE r;\n");
    expect(toStatements(everywhere)).toEqual(["CREATE VIEW v"]);
    expect(toStatements(accessControl)).toEqual(["CREATE ROLE r"]);
  });

  test("finds no such end where there is none", () => {
    expect(toSections("SELECT '-- @access-control'").accessControl).toBe("");
  });
});
