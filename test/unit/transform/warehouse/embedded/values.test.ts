import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toTokens } from "../../../../../transform/warehouse/embedded/tokens.ts";
import {
  isPlainName,
  toAssignments,
  toIdentifier,
  toStringLiteral,
} from "../../../../../transform/warehouse/embedded/values.ts";

describe("toStringLiteral()", () => {
  it.each([
    ["it's", "'it\\'s'"],
    ["a\\b", "'a\\\\b'"],
    ["\\'", "'\\\\\\''"],
    ["é🦌\n", "'é🦌\n'"],
  ])("writes %j so that it means itself", (text, literal) => {
    expect(toStringLiteral(text)).toBe(literal);
  });

  it("is one string whatever is in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect([...toTokens(toStringLiteral(text))].map(({ kind }) => kind)).toEqual(["string"]);
      }),
    );
  });
});

describe("toIdentifier()", () => {
  it("is one name whatever is in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        expect([...toTokens(toIdentifier(name))].map(({ kind, text }) => [kind, text])).toEqual([["quoted", name]]);
      }),
    );
  });
});

describe("isPlainName()", () => {
  it("takes names of settings and nothing that could end one", () => {
    expect(["max_threads", "a.b", "_x1"].every(isPlainName)).toBe(true);
    expect(["", "1a", "a b", "a=1", "a'", "a--", "a.", "é"].some(isPlainName)).toBe(false);
  });
});

describe("toAssignments()", () => {
  it("writes values as strings, which the engine reads as whatever the setting is", () => {
    const values = new Map([
      ["max_threads", "1"],
      ["log_comment", "it's"],
    ]);
    expect(toAssignments(values)).toBe("max_threads = '1', log_comment = 'it\\'s'");
  });
});
