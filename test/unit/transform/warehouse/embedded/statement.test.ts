import { describe, expect, it } from "vitest";
import { findInsertRows, parseStatement } from "../../../../../transform/warehouse/embedded/statement.ts";

describe("findInsertRows()", () => {
  it.each([
    ["INSERT INTO t FORMAT CSV\n1,2", "INSERT INTO t", "", "CSV", "1,2"],
    ["insert into t (a, b) values (1)", "insert into t (a, b)", "", "Values", " (1)"],
    ["INSERT INTO d.`t t` (* EXCEPT(a)) FORMAT Native\r\n\0", "INSERT INTO d.`t t` (* EXCEPT(a))", "", "Native", "\0"],
    ["INSERT INTO TABLE t SETTINGS a = 1, b = 'x' FORMAT TSV 1", "INSERT INTO TABLE t", "a = 1, b = 'x'", "TSV", "1"],
    ["INSERT INTO {t:Identifier} FORMAT CSV\n1", "INSERT INTO {t:Identifier}", "", "CSV", "1"],
    ["INSERT INTO FUNCTION null('a Int8') FORMAT CSV\n1", "INSERT INTO FUNCTION null('a Int8')", "", "CSV", "1"],
    ["INSERT INTO format FORMAT CSV\n\n1", "INSERT INTO format", "", "CSV", "\n1"],
    [
      'INSERT INTO t FORMAT JSONEachRow {"a": "\' /* unclosed"}',
      "INSERT INTO t",
      "",
      "JSONEachRow",
      '{"a": "\' /* unclosed"}',
    ],
    ["/* x */ INSERT t FORMAT CSV;\n1", "/* x */ INSERT t", "", "CSV", "1"],
  ])("finds where the rows of %j begin", (text, into, settings, format, rows) => {
    const found = findInsertRows(text);
    expect(found).toMatchObject({ into, settings, format });
    expect(text.slice(found?.rowsAt)).toBe(rows);
  });

  it("names the settings that the statement has itself", () => {
    expect(findInsertRows("INSERT INTO t SETTINGS a = 1, b='x' FORMAT CSV 1")?.settingNames).toEqual(["a", "b"]);
  });

  it.each([
    "SELECT 1",
    "INSERT INTO t SELECT 1",
    "INSERT INTO t (a) WITH 1 AS x SELECT x",
    "INSERT INTO t (SELECT 1)",
    "INSERT INTO t SETTINGS a = 1 SELECT 1 FORMAT CSV",
    "INSERT INTO t",
    "INSERT INTO t (a)",
    "",
  ])("finds none in %j", (text) => {
    expect(findInsertRows(text)).toBeUndefined();
  });

  it("refuses to read a file", () => {
    expect(() => findInsertRows("INSERT INTO t FROM INFILE 'x' FORMAT CSV")).toThrow("NOT_IMPLEMENTED");
  });
});

describe("parseStatement()", () => {
  it.each([
    ["SELECT 1", "SELECT", "SELECT 1", undefined, ""],
    ["SELECT 1 FORMAT JSON", "SELECT", "SELECT 1", "JSON", ""],
    ["  select 1 ; ", "SELECT", "select 1", undefined, ""],
    ["SELECT 1 -- no\n FORMAT CSV -- yes\n", "SELECT", "SELECT 1", "CSV", ""],
    ["SELECT 1 SETTINGS a = 1 FORMAT CSV SETTINGS b = 2", "SELECT", "SELECT 1 SETTINGS a = 1", "CSV", "b = 2"],
    ["SELECT format, 1 AS FORMAT, x", "SELECT", "SELECT format, 1 AS FORMAT, x", undefined, ""],
    ["SELECT * FROM (SELECT 1 FORMAT Null)", "SELECT", "SELECT * FROM (SELECT 1 FORMAT Null)", undefined, ""],
    ["WITH 1 AS x SELECT x", "SELECT", "WITH 1 AS x SELECT x", undefined, ""],
    ["((SELECT 1))", "SELECT", "((SELECT 1))", undefined, ""],
    ["SHOW TABLES FORMAT TSV", "SHOW", "SHOW TABLES", "TSV", ""],
    ["DROP TABLE t", "DROP", "DROP TABLE t", undefined, ""],
  ])("takes %j apart", (text, verb, sql, format, settingsAfterFormat) => {
    expect(parseStatement(text)).toMatchObject({ verb, sql, format, settingsAfterFormat });
  });

  it("knows what reads and what writes", () => {
    const writes = (text: string) => parseStatement(text).writes;
    expect(["SELECT 1", "show tables", "DESC t", "EXPLAIN SELECT 1", "EXISTS t"].map(writes)).not.toContain(true);
    expect(["DROP TABLE t", "INSERT INTO t SELECT 1", "SET a = 1", "SYSTEM x", "nothing"].map(writes)).not.toContain(
      false,
    );
  });

  it("finds placeholders, and none in strings, comments and maps", () => {
    const text = "SELECT {a:UInt8}, { b : Array(String) }, '{c:String}' /* {d:String} */, {'e':1}";
    expect(parseStatement(text).placeholders).toEqual(["a", "b"]);
  });

  it.each([
    ["", "SYNTAX_ERROR"],
    [" -- nothing\n;", "SYNTAX_ERROR"],
    ["SELECT 1; SELECT 2", "SYNTAX_ERROR"],
    ["SELECT 1 INTO OUTFILE 'x'", "INTO_OUTFILE_NOT_ALLOWED"],
    ["SELECT 1 into /* */ outfile 'x' FORMAT CSV", "INTO_OUTFILE_NOT_ALLOWED"],
  ])("refuses %j", (text, name) => {
    expect(() => parseStatement(text)).toThrow(name);
  });

  it("is not misled by a semicolon in a string", () => {
    expect(parseStatement("SELECT ';', `;` /* ; */").sql).toBe("SELECT ';', `;`");
  });
});
