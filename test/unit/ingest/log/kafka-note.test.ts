import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parseNote, parsePosition, toNote } from "../../../../ingest/log/kafka-note.ts";

describe("parseNote()", () => {
  test("reads back what toNote() wrote", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (first, more) => {
        const range = { first, last: first + more };
        expect(parseNote(toNote(range))).toEqual(range);
      }),
    );
  });

  it.each([
    [undefined],
    [null],
    [""],
    ["5"],
    ["5-"],
    ["-5"],
    ["9-5"],
    ["5-9 "],
    ["a-b"],
    ["1-2-3"],
    ["1.5-2"],
    [`1-${"9".repeat(17)}`],
  ])("takes %j for no note", (text) => {
    expect(parseNote(text)).toBeUndefined();
  });
});

describe("parsePosition()", () => {
  it.each([
    ["nothing was committed", "-1", null, undefined],
    ["it was reset to the earliest", "-2", "", undefined],
    ["a range was ended", "10", "", { offset: 10 }],
    ["a range was begun", "10", "10-19", { offset: 10, noted: { first: 10, last: 19 } }],
    ["the note is of another offset", "12", "10-19", { offset: 12 }],
    ["the metadata is another program's", "12", "checkpoint", { offset: 12 }],
  ])("when %s", (_, offset, metadata, position) => {
    expect(parsePosition(offset, metadata)).toEqual(position);
  });
});
