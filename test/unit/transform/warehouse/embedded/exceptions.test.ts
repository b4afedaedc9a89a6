import { describe, expect, it } from "vitest";
import {
  toException,
  toHttpStatus,
  toServerException,
} from "../../../../../transform/warehouse/embedded/exceptions.ts";

const names = new Map([
  [27, "CANNOT_PARSE_INPUT_ASSERTION_FAILED"],
  [60, "UNKNOWN_TABLE"],
  [73, "UNKNOWN_FORMAT"],
]);

describe("toHttpStatus()", () => {
  it.each([
    [62, 400],
    [516, 403],
    [497, 403],
    [60, 404],
    [159, 408],
    [229, 413],
    [48, 501],
    [209, 503],
    [164, 500],
    [395, 500],
  ])("answers error %i with %i", (code, status) => {
    expect(toHttpStatus(code)).toBe(status);
  });
});

describe("toServerException()", () => {
  it.each([
    ["Code: 60. DB::Exception: No table. (UNKNOWN_TABLE)", "Code: 60. DB::Exception: No table. (UNKNOWN_TABLE)"],
    ["Query failed: Code: 60. DB::Exception: No table.\n", "Code: 60. DB::Exception: No table. (UNKNOWN_TABLE)"],
    [
      "Code: 73. DB::Exception: Code: 73. DB::Exception: No Foo. (UNKNOWN_FORMAT) (version 26.7.2.1). (UNKNOWN_FORMAT)",
      "Code: 73. DB::Exception: No Foo. (UNKNOWN_FORMAT)",
    ],
    [
      "Code: 27. DB::Exception: (at row 2)\n: (in file/uri /f/passing/3): parsed from file",
      "Code: 27. DB::Exception: (at row 2)\n: (in file/uri the body): parsed from file (CANNOT_PARSE_INPUT_ASSERTION_FAILED)",
    ],
    ["segmentation of nothing", "Code: 1001. DB::Exception: segmentation of nothing (STD_EXCEPTION)"],
  ])("words %j as a server would", (engine, server) => {
    const exception = toServerException(new Error(engine), names, [["/f/passing/3", "the body"]]);
    expect(exception.message).toBe(server);
    expect(exception.code).toBe(Number(/\d+/.exec(server)?.[0]));
  });

  it("leaves an exception of the front as it is", () => {
    const exception = toException("readonly", "No.");
    expect(toServerException(exception, names)).toBe(exception);
    expect(exception.message).toBe("Code: 164. DB::Exception: No. (READONLY)");
  });
});
