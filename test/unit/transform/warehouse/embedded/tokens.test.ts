import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toTokens } from "../../../../../transform/warehouse/embedded/tokens.ts";

const texts = (sql: string) => [...toTokens(sql)].map(({ kind, text }) => `${kind}:${text}`);

describe("toTokens()", () => {
  it.each([
    ["SELECT a.b", ["word:SELECT", "word:a", "symbol:.", "word:b"]],
    ["'it''s' 'a\\'b'", ["string:it''s", "string:a'b"]],
    ['`a\\`b` "c d"', ["quoted:a`b", "quoted:c d"]],
    ["1 -- 2\n3 # 4\n5", ["number:1", "number:3", "number:5"]],
    ["a /* b /* c */ d */ e", ["word:a", "word:e"]],
    ["$x$ ; SELECT $x$ a", ["string: ; SELECT ", "word:a"]],
    ["{n:UInt8}", ["symbol:{", "word:n", "symbol::", "word:UInt8", "symbol:}"]],
    ["1.5e3 0xFF", ["number:1.5e3", "number:0xFF"]],
    ["größe = 'é'", ["word:größe", "symbol:=", "string:é"]],
    ["'never closed", ["string:never closed"]],
  ])("reads %s piece by piece", (sql, expected) => {
    expect(texts(sql)).toEqual(expected);
  });

  it("tells how deep in brackets a piece stands", () => {
    const depths = [...toTokens("a (b [c]) d")].map(({ text, depth }) => `${text}${depth}`);
    expect(depths).toEqual(["a0", "(0", "b1", "[1", "c2", "]1", ")0", "d0"]);
  });

  it("reads any text to its end, in order, and misses nothing but blanks", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (sql) => {
        let at = 0;
        for (const { start, end } of toTokens(sql)) {
          expect(start).toBeGreaterThanOrEqual(at);
          expect(end).toBeGreaterThan(start);
          at = end;
        }
        expect(at).toBeLessThanOrEqual(sql.length);
      }),
    );
  });
});

describe("toTokens() of typographic quotes", () => {
  it.each([
    ["\u2018'\u2019 x", ["'", "x"], ["string", "word"]],
    ["\u201ca \u2018\u201d", ["a \u2018"], ["quoted"]],
    ["\u2018 never closed", [" never closed"], ["string"]],
  ])("reads %s", (sql, texts, kinds) => {
    const tokens = [...toTokens(sql)];
    expect([tokens.map(({ text }) => text), tokens.map(({ kind }) => kind)]).toEqual([texts, kinds]);
  });
});
