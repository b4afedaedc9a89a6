import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JsonArraySplitter, NoJsonArray } from "../../../ingest/json-array.ts";

describe("JsonArraySplitter", () => {
  it("gives the same elements however the bytes are cut", () => {
    const objects = fc.array(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), { maxLength: 6 });
    fc.assert(
      fc.property(objects, fc.integer({ min: 1, max: 40 }), fc.constantFrom(0, 2), (elements, size, spaces) => {
        const bytes = Buffer.from(JSON.stringify(elements, null, spaces));
        const splitter = new JsonArraySplitter();
        const found: unknown[] = [];
        for (let at = 0; at < bytes.length; at += size)
          found.push(...splitter.push(bytes.subarray(at, at + size)).map((one) => JSON.parse(one.toString())));
        expect(found).toEqual(JSON.parse(JSON.stringify(elements)));
        expect(splitter.isEnded).toBe(true);
      }),
    );
  });

  it("gives the whole elements of an array that is cut off", () => {
    const splitter = new JsonArraySplitter();
    expect(splitter.push(Buffer.from('\uFEFF[{"a":1},{"b":"}'))).toEqual([Buffer.from('{"a":1}')]);
    expect(splitter.isEnded).toBe(false);
  });

  it.each(['{"result":"error"}', "}", "words", "[1]", '["a"]'])("refuses %s, without repeating it", (text) => {
    expect(() => new JsonArraySplitter().push(Buffer.from(text))).toThrow(NoJsonArray);
  });

  it("refuses an element that memory should not hold", () => {
    const splitter = new JsonArraySplitter();
    splitter.push(Buffer.from('[{"a":"'));
    const megabyte = Buffer.alloc(1_024 * 1_024, "x");
    expect(() => {
      for (let count = 0; count < 20; count++) splitter.push(megabyte);
    }).toThrow("element 1: it must have at most 16 MB");
  });
});
