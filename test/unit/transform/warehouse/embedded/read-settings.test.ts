import { describe, expect, it } from "vitest";
import {
  findSettings,
  refuseSettings,
  refuseStrangeNames,
} from "../../../../../transform/warehouse/embedded/read-settings.ts";

describe("findSettings()", () => {
  it.each([
    ["SELECT 1", []],
    [
      "SELECT 1 SETTINGS a = 1, b = 'x'",
      [
        ["a", "1"],
        ["b", "'x'"],
      ],
    ],
    [
      "SELECT * FROM (SELECT 1 SETTINGS a = 1) SETTINGS b = 2",
      [
        ["a", "1"],
        ["b", "2"],
      ],
    ],
    [
      "SELECT 1 FORMAT CSV SETTINGS `a` = map('x', 1, 'y', 2), b = [1, 2], c = 3",
      [
        ["a", "map"],
        ["b", "["],
        ["c", "3"],
      ],
    ],
    ["SELECT 1 SETTINGS custom.a = 1", [["custom.a", "1"]]],
    ["SELECT settings, 1 AS settings FROM t AS settings ORDER BY settings ASC", []],
    ["SELECT 'SETTINGS a = 1'", []],
  ])("finds those of %s", (sql, expected) => {
    expect(findSettings(sql).map(([name, value]) => [name, value.replace(/^x$/, "'x'")])).toEqual(expected);
  });
});

describe("refuseSettings()", () => {
  const give =
    (name: string, value: string, limits = {}) =>
    () =>
      refuseSettings("ada", [[name, value]], limits);

  it.each(["max_threads", "output_format_json_quote_64bit_integers", "session_timezone", "extremes", "join_use_nulls"])(
    "allows %s",
    (name) => {
      expect(give(name, "1")).not.toThrow();
    },
  );

  it.each([
    "readonly",
    "dialect",
    "additional_table_filters",
    "additional_result_filter",
    "implicit_table_at_top_level",
    "output_format_schema",
    "format_schema",
    "format_template_row",
    "format_regexp",
    "input_format_record_errors_file_path",
    "allow_introspection_functions",
    "log_comment",
    "a_setting_of_a_later_version",
    "max_threads.x",
  ])("refuses %s", (name) => {
    expect(give(name, "1")).toThrow(`ada: Cannot modify '${name}' setting in readonly mode. (READONLY)`);
  });

  it.each(["0", "11", "-1", "", "1e9", "DEFAULT", "'5'", "5; x"])("allows no %s where 10 is the most", (value) => {
    expect(give("max_threads", value, { max_threads: 10 })).toThrow("must be a number above 0 and at most 10");
  });

  it("allows what is within its limit, and has none for a name that every object has", () => {
    expect(give("max_threads", "10", { max_threads: 10 })).not.toThrow();
    expect(give("toString", "10", {})).toThrow("READONLY");
  });
});

describe("refuseStrangeNames()", () => {
  it.each(["SELECT `a\\nTableIdentifier b`", "SELECT 1 AS `x\ny`", 'SELECT "a\\\\"', "SELECT `\u2028`"])(
    "refuses %s",
    (sql) => {
      expect(() => refuseStrangeNames("ada", sql)).toThrow("ACCESS_DENIED");
    },
  );

  it.each(["SELECT `a b`", "SELECT 'a\\nb'", "SELECT 1 AS `äß`"])("lets %s pass", (sql) => {
    expect(() => refuseStrangeNames("ada", sql)).not.toThrow();
  });
});
